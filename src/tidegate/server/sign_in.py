"""From the environment to the settings of sign-in: the company's provider, and mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.server.environment import Environment


def oidc(env: Environment) -> dict[str, Any]:
    """Name the OpenID Connect provider in allauth's form; empty where there is none.

    Whoever the provider vouches for is signed in as the person of that address, and bound to the provider's own name
    for them from then on. PKCE is always used.

    Raises
    ------
    InputError
        If a provider is named without the client id that it gave.
    """
    if not env.oidc_url:
        return {}
    if not env.oidc_client_id:
        raise InputError("TIDEGATE_OIDC_URL is set", expected="TIDEGATE_OIDC_CLIENT_ID as well")
    settings = {
        "server_url": env.oidc_url,
        "oauth_pkce_enabled": True,
        "email_authentication": True,
        "verified_email": env.oidc_trust_email,
    }
    app = {
        "provider_id": "company",
        "name": env.oidc_name,
        "client_id": env.oidc_client_id,
        "secret": env.oidc_client_secret.get_secret_value() if env.oidc_client_secret else "",
        "settings": settings,
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}


@dataclass(frozen=True)
class Mail:
    """How mail leaves."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool
    """TLS from the start."""
    starttls: bool


def mail(env: Environment) -> Mail | None:
    """Say how mail leaves; None where no server is named. A server elsewhere is spoken to in TLS only.

    Raises
    ------
    InputError
        If the address is not one of a mail server.
    """
    if env.mail_url is None:
        return None
    parts = urlsplit(env.mail_url.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise InputError(
            "the environment variable TIDEGATE_MAIL_URL cannot be used",
            expected="smtp://user:password@host:587 or smtps://user:password@host:465",
        )
    tls = parts.scheme == "smtps"
    return Mail(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        starttls=not tls and parts.hostname not in ("localhost", "127.0.0.1"),
    )


def origin_of(url: str) -> list[str]:
    """Return the origin of an address, if there is one."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
