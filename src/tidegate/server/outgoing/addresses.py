"""Which addresses a request may go to: those of the public internet, and those that the operator allows by name.

The networks are those of the IANA special-purpose registries for IPv4 and IPv6, written out: what the standard library
calls global has changed between versions of Python.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from tidegate.tables.errors import InputError, TidegateError

if TYPE_CHECKING:
    from collections.abc import Iterable

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SPECIAL: Final = {
    "0.0.0.0/8": "this host",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a provider",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "reserved",
    "192.52.193.0/24": "reserved",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "reserved",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::/128": "unspecified",
    "::1/128": "loopback",
    "64:ff9b:1::/48": "translation inside a network",
    "100::/64": "discard",
    "100:0:0:1::/64": "reserved",
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "reserved",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_NETWORKS: Final = tuple((ipaddress.ip_network(network), what) for network, what in _SPECIAL.items())
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")


class ForbiddenAddressError(TidegateError):
    """A request would have gone to an address that it may not go to. Trying again doesn't help."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read the operator's list: addresses and networks, by commas.

    Raises
    ------
    InputError
        If one is neither.
    """
    found = []
    for word in (part.strip() for part in text.split(",")):
        if not word:
            continue
        try:
            found.append(ipaddress.ip_network(word, strict=True))
        except ValueError as error:
            raise InputError(
                f"not a network: {error}",
                column="TIDEGATE_OUTGOING_ALLOW",
                value=word,
                expected="10.1.2.3 or 10.1.0.0/16",
            ) from None
    return tuple(found)


def plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries: mapped, compatible, or translated by NAT64; else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def why_forbidden(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """Say why a request may not go to an address; None where it may.

    Parameters
    ----------
    address
        The address that would be connected to.
    allowed
        Networks that the operator allows although they aren't public.
    """
    meant = plain(address)
    if any(meant.version == network.version and meant in network for network in allowed):
        return None
    for network, what in _NETWORKS:
        if meant.version == network.version and meant in network:
            return what
    if isinstance(meant, ipaddress.IPv6Address) and meant not in _GLOBAL_UNICAST:
        return "not public"
    return None


def vet(host: str, found: Iterable[str], allowed: Iterable[Network] = ()) -> list[str]:
    """Return the addresses that a name has, if a request may go to every one of them.

    Parameters
    ----------
    host
        The name, for the error.
    found
        What it resolves to.
    allowed
        As `why_forbidden`.

    Raises
    ------
    ForbiddenAddressError
        If it may not go to one of them: a name with a public and a private address is refused whole.
    """
    allowed, addresses = tuple(allowed), list(dict.fromkeys(found))
    for text in addresses:
        if (why := why_forbidden(ipaddress.ip_address(text), allowed)) is not None:
            where = host if host == text else f"{host} is at {text}, which"
            raise ForbiddenAddressError(
                f"{where} is {why}; only what TIDEGATE_OUTGOING_ALLOW names may be reached inside"
            )
    return addresses
