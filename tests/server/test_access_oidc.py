"""Signing in by the company's provider: a real one on a socket, which says what the test lets it say."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from pydantic import SecretStr

from tidegate.server import sign_in
from tidegate.server.environment import Environment
from tidegate.server.people import services
from tidegate.server.people.models import AuditEntry, Person
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

START = "/accounts/oidc/company/login/"
BACK = START + "callback/"
SECRET = "the provider's client secret"  # noqa: S105 - made up
KEY = "a key of the provider's own, of at least thirty-two bytes"


@dataclass
class Provider:
    """What the provider says of whoever comes, and what it was told."""

    address: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "email": "dana@example.test", "name": "D"})
    challenge: str = ""
    told: list[dict[str, str]] = field(default_factory=list)
    broken: str = ""
    """A path that answers nonsense."""

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def token(self, given: dict[str, str]) -> dict[str, Any] | None:
        """Exchange a code for tokens, if client and verifier are right."""
        self.told.append(given)
        verified = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).rstrip(b"=")
        if (given["client_secret"], given["code"], verified.decode()) != (SECRET, "the-code", self.challenge):
            return None
        words = {"iss": self.address, "aud": "tidegate", "iat": 0, "exp": 2**40, **self.claims}
        return {"access_token": "access", "token_type": "Bearer", "id_token": jwt.encode(words, KEY, "HS256")}

    def answer(self, path: str, given: dict[str, str]) -> tuple[int, bytes]:
        if path == self.broken:
            return 200, b"<html>not what was asked for</html>"
        found = {
            "/.well-known/openid-configuration": self.document,
            "/token": lambda: self.token(given),
            "/userinfo": lambda: self.claims,
        }[path]()
        return (200, json.dumps(found).encode()) if found is not None else (400, b'{"error": "invalid_grant"}')


@pytest.fixture
def provider(settings: SettingsWrapper) -> Iterator[Provider]:
    """Run a provider and let the service know it as the environment would."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def _say(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            status, body = made.answer(urlsplit(self.path).path, form)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _say  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    settings.SOCIALACCOUNT_PROVIDERS = sign_in.oidc(environment(made.address))
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def environment(address: str, **more: Any) -> Environment:
    return Environment(oidc_url=address, oidc_client_id="tidegate", oidc_client_secret=SecretStr(SECRET), **more)


@pytest.fixture
def dana(db: None) -> Person:
    del db
    services.person_create(by=None, email="dana@example.test", name="Dana", role="lead")
    Person.objects.update(password_is_temporary=False)
    return Person.objects.get()


def go(client: Client, provider: Provider, *, code: str = "the-code", **query: str) -> HttpResponse:
    """Go to the provider and come back from it."""
    sent = client.post(START + f"?next={query.pop('next', '/policy')}")
    asked = parse_qs(urlsplit(sent["Location"]).query)
    provider.challenge = asked["code_challenge"][0]
    return client.get(BACK, {"code": code, "state": asked["state"][0], **query})


def signed_in(client: Client) -> bool:
    return client.get("/accounts/you/").status_code == 200


@pytest.mark.usefixtures("dana")
def test_the_person_is_sent_to_the_provider_with_a_challenge_and_nothing_secret(
    client: Client, provider: Provider
) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "Sign in with single sign-on" in page
    where = urlsplit(client.post(START)["Location"])
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{provider.address}/authorize"
    assert asked["client_id"] == "tidegate"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"http://testserver{BACK}"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert SECRET not in where.query


def test_whoever_the_provider_vouches_for_is_signed_in_and_lands_where_they_were(
    client: Client, provider: Provider, dana: Person
) -> None:
    provider.claims |= {"email": "DANA@example.test", "email_verified": True}
    answer = go(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/policy")
    assert signed_in(client)
    assert AuditEntry.objects.get(act="person.sign_in").after == {"methods": ["socialaccount"]}
    assert provider.told[0]["code_verifier"]
    dana.refresh_from_db()
    assert dana.has_usable_password()
    assert not SocialToken.objects.exists()


def test_from_then_on_the_providers_own_name_counts_and_no_other_takes_it_over(
    client: Client, provider: Provider, dana: Person
) -> None:
    provider.claims |= {"email_verified": True}
    go(client, provider)
    client.post("/accounts/logout/")
    provider.claims |= {"email": "dana.new@example.test"}
    go(client, provider)
    assert signed_in(client)
    assert SocialAccount.objects.get().user == dana


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email": "stranger@example.test", "email_verified": True},
        {"email": "", "email_verified": True},
        {"email": "dana@example.test\n", "email_verified": None},
    ],
)
def test_strangers_and_addresses_that_nobody_verified_stay_outside(
    client: Client, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    page = go(client, provider).content.decode()
    assert "no account here" in page
    assert not signed_in(client)
    assert Person.objects.count() == 1
    assert not SocialAccount.objects.exists()
    assert AuditEntry.objects.filter(act="person.sign_in_failed", object_id="unknown").count() == 1


@pytest.mark.usefixtures("dana")
def test_a_provider_without_that_claim_can_be_trusted(
    client: Client, provider: Provider, settings: SettingsWrapper
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = sign_in.oidc(environment(provider.address, oidc_trust_email=True))
    go(client, provider)
    assert signed_in(client)


def test_who_has_left_stays_outside(client: Client, provider: Provider, dana: Person) -> None:
    services.person_create(by=None, email="boss@example.test", name="Boss", role="admin")
    services.person_deactivate(by=None, person=dana)
    provider.claims |= {"email_verified": True}
    assert go(client, provider)["Location"] == "/accounts/inactive/"
    assert not signed_in(client)


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize(
    "change", [{"state": "forged"}, {"state": ""}, {"code": "another"}, {"error": "access_denied"}]
)
def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    client: Client, provider: Provider, change: dict[str, str]
) -> None:
    provider.claims |= {"email_verified": True}
    answer = go(client, provider, **change)
    assert not signed_in(client)
    assert answer.status_code in (302, 401)
    assert SECRET not in answer.content.decode()


@pytest.mark.usefixtures("dana")
def test_a_state_is_good_once_and_in_its_own_browser(client: Client, provider: Provider) -> None:
    from django.test import Client

    provider.claims |= {"email_verified": True}
    sent = client.post(START)
    asked = parse_qs(urlsplit(sent["Location"]).query)
    provider.challenge = asked["code_challenge"][0]
    back = {"code": "the-code", "state": asked["state"][0]}
    other = Client()
    other.get(BACK, back)
    assert not signed_in(other)
    client.get(BACK, back)
    assert signed_in(client)
    client.post("/accounts/logout/")
    client.get(BACK, back)
    assert not signed_in(client)


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/userinfo"])
def test_a_provider_that_answers_nonsense_is_said_and_not_a_failure(
    client: Client, provider: Provider, path: str
) -> None:
    provider.claims |= {"email_verified": True}
    sent = client.post(START)
    provider.broken = path
    if "Location" in sent.headers:
        asked = parse_qs(urlsplit(sent["Location"]).query)
        provider.challenge = asked["code_challenge"][0]
        answer = client.get(BACK, {"code": "the-code", "state": asked["state"][0]})
    assert answer.status_code in (401, 503)
    assert "did not sign you in" in answer.content.decode()
    assert not signed_in(client)


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_the_way_back_leads_nowhere_else(client: Client, provider: Provider, target: str) -> None:
    provider.claims |= {"email_verified": True}
    assert go(client, provider, next=target)["Location"] == "/"


def test_a_provider_needs_its_client_id_and_https() -> None:
    with pytest.raises(InputError, match="TIDEGATE_OIDC_CLIENT_ID"):
        sign_in.oidc(Environment(oidc_url="https://sso.example"))
    from tidegate.server.environment import read

    with pytest.raises(InputError, match="TIDEGATE_OIDC_URL"):
        read({"TIDEGATE_OIDC_URL": "http://sso.example"})
    assert sign_in.oidc(Environment()) == {}
    assert sign_in.origin_of("https://sso.example/realms/x") == ["https://sso.example"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://me:p%40ss@mail.example", ("mail.example", 587, "me", "p@ss", False, True)),
        ("smtps://mail.example:4650", ("mail.example", 4650, "", "", True, False)),
        ("smtp://localhost:1025", ("localhost", 1025, "", "", False, False)),
    ],
)
def test_mail_leaves_in_tls_unless_it_stays_here(url: str, expected: tuple[object, ...]) -> None:
    found = sign_in.mail(Environment(mail_url=SecretStr(url)))
    assert found is not None
    assert (found.host, found.port, found.user, found.password, found.tls, found.starttls) == expected
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example", "smtp://"])
def test_a_mail_server_that_is_none_is_said_without_its_password(url: str) -> None:
    with pytest.raises(InputError, match="TIDEGATE_MAIL_URL"):
        sign_in.mail(Environment(mail_url=SecretStr(url)))
