"""Nothing leaves for an address that it may not go to: checked at connecting, whatever the name said before."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.receivers import receiver
from tidegate.server.outgoing.addresses import ForbiddenAddressError, parse_networks, plain, vet, why_forbidden
from tidegate.server.outgoing.connecting import GuardedBackend, client
from tidegate.server.outgoing.hook import guarded
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = parse_networks("127.0.0.1")
V4 = (ipaddress.ip_network("0.0.0.0/0"),)

FORBIDDEN = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254"),  # noqa: S104 - only looked at
    *("169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::"),
    *("2002:808:808::1", "2001:0:1234::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1"),
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert why_forbidden(ipaddress.ip_address(address))
    with pytest.raises(ForbiddenAddressError, match=r"name\.example is at .*, which is"):
        vet("name.example", [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not(address: str) -> None:
    assert vet("name.example", [address]) == [address]


@given(st.ip_addresses())
def test_what_the_library_does_not_call_global_is_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    meant = plain(address)
    if not meant.is_global or meant.is_multicast or meant.is_reserved:
        assert why_forbidden(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_every_dress(address: ipaddress.IPv4Address) -> None:
    plain = why_forbidden(address) is None
    for dress in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert (why_forbidden(ipaddress.ip_address(dress)) is None) == plain


def test_a_name_with_one_inner_address_is_refused_whole() -> None:
    with pytest.raises(ForbiddenAddressError, match=r"both\.example is at 10\.0\.0\.1, which is private"):
        vet("both.example", ["8.8.8.8", "10.0.0.1"])


def test_the_operator_s_list_opens_what_it_names() -> None:
    allowed = parse_networks(" 10.1.0.0/16, ::1 ,127.0.0.1")
    assert vet("x", ["10.1.2.3", "::ffff:10.1.2.3", "::1", "127.0.0.1"], allowed)
    for address in ("10.2.0.1", "127.0.0.2", "::2", "fe80::1"):
        assert why_forbidden(ipaddress.ip_address(address), allowed)


@pytest.mark.parametrize("text", ["10.1.2.3/16", "inner.example", "10.1.2.3:80", "*"])
def test_a_list_that_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(InputError, match="TIDEGATE_OUTGOING_ALLOW"):
        parse_networks(text)


class Names:
    """A resolver that answers each time with the next of its answers."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> list[str]:
        del host, port
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return answer


def post(backend: GuardedBackend, url: str, *, follow: bool = False) -> httpx.Response:
    with client(backend) as http:
        return http.post(url, content=b"{}", follow_redirects=follow)


LITERALS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0"]


@pytest.mark.parametrize("host", LITERALS)
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with receiver() as there, pytest.raises((ForbiddenAddressError, httpx.ConnectError, httpx.InvalidURL)):
        post(GuardedBackend(), f"http://{host}:{there.server_port}/")
    assert there.got == []


def test_an_allowed_receiver_is_reached() -> None:
    with receiver() as there:
        assert post(GuardedBackend(HERE), there.url).status_code == 204
    assert len(there.got) == 1


def test_the_address_that_was_vetted_is_the_one_that_is_connected_to() -> None:
    """DNS rebinding: whoever resolves twice is told a public address first and an inner one afterwards."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with receiver() as there:
        answer = post(GuardedBackend(HERE, resolver=names), f"http://rebind.example:{there.server_port}/")
    assert answer.status_code == 204
    assert names.asked == 1
    assert there.got[0][0]["Host"] == f"rebind.example:{there.server_port}"


def test_a_name_that_answers_with_an_inner_address_the_second_time_is_refused_then() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    backend = GuardedBackend(HERE, resolver=names)
    with receiver() as there:
        url = f"http://rebind.example:{there.server_port}/"
        assert post(backend, url).status_code == 204
        with pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.2, which is loopback"):
            post(backend, url)
    assert len(there.got) == 1


def test_a_redirect_inside_is_checked_like_any_other_connection() -> None:
    with receiver() as inner:
        target = f"http://inner.example:{inner.server_port}/"
        with receiver(lambda _: (307, {"Location": target}, b"")) as outer:
            answers = {"outer.example": ["127.0.0.1"], "inner.example": ["127.0.0.2"]}
            backend = GuardedBackend(HERE, resolver=lambda host, _: answers[host])
            url = f"http://outer.example:{outer.server_port}/"
            assert post(backend, url).status_code == 307  # not followed unless somebody asks for it
            with pytest.raises(ForbiddenAddressError, match=r"inner\.example"):
                post(backend, url, follow=True)
        assert len(outer.got) == 2
    assert inner.got == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as there:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        post(GuardedBackend(HERE), there.url)
        assert (len(proxy.got), len(there.got)) == (0, 1)


def test_a_name_without_an_address_is_no_connection() -> None:
    for answer in (lambda _h, _p: [], lambda _h, _p: (_ for _ in ()).throw(socket.gaierror("no such name"))):
        with pytest.raises(httpx.ConnectError, match=r"nowhere\.example has no address"):
            post(GuardedBackend(resolver=answer), "http://nowhere.example/")


@pytest.fixture
def drip() -> Iterator[int]:
    """A receiver that answers a byte at a time, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            while not done.wait(0.02):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    done.set()
    listening.close()
    thread.join(5)


def test_a_receiver_that_drips_is_let_go(drip: int) -> None:
    with pytest.raises((httpx.ReadTimeout, httpx.RemoteProtocolError)):
        post(GuardedBackend(HERE, total=0.3), f"http://127.0.0.1:{drip}/")


# The hook, for code that makes its own connections.


def test_a_library_s_own_connection_is_refused_at_connect() -> None:
    with receiver() as there:
        with pytest.raises(ForbiddenAddressError, match="loopback"), guarded():
            socket.create_connection(("127.0.0.1", there.server_port))
        with guarded(HERE), socket.create_connection(("127.0.0.1", there.server_port)):
            pass
        with socket.create_connection(("127.0.0.1", there.server_port)):
            pass  # outside the block nothing is looked at


def test_a_refusal_that_a_library_keeps_to_itself_comes_out_at_the_end() -> None:
    with pytest.raises(ForbiddenAddressError), guarded(), contextlib.suppress(Exception):
        socket.create_connection(("127.0.0.1", 9))


def test_names_datagrams_files_and_programs_are_refused(tmp_path: object) -> None:
    with pytest.raises(ForbiddenAddressError, match="only addresses"), guarded(), socket.socket() as one:
        one.connect(("localhost", 9))
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with pytest.raises(ForbiddenAddressError), guarded(), datagram:
        datagram.sendto(b"x", ("169.254.169.254", 53))
    with (
        pytest.raises(ForbiddenAddressError, match="not an internet"),
        guarded(),
        socket.socket(socket.AF_UNIX) as file,
    ):
        file.connect(f"{tmp_path}/socket")
    with pytest.raises(ForbiddenAddressError, match="start a program"), guarded():
        subprocess.run([sys.executable, "--version"], check=False)


def test_another_thread_is_not_held() -> None:
    found: list[str] = []

    def other(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)):
            found.append("there")

    with receiver() as there, guarded():
        thread = threading.Thread(target=other, args=(there.server_port,))
        thread.start()
        thread.join()
    assert found == ["there"]
