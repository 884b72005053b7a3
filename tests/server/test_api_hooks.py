"""Signed webhooks: only who knows the secret is believed, only now, and only once."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from tidegate.server.api.hooks import sign
from tidegate.server.desk.inbox import draining
from tidegate.server.desk.models import Delivery, Ticket
from tidegate.server.people import tokens
from tidegate.server.people.models import Token

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

BODY = json.dumps({"id": 7, "created_at": "2026-03-02T09:00:00Z", "subject": "Checkout fails"}).encode()


@pytest.fixture
def issued(people: dict[str, Person]) -> tokens.Issued:
    return make(people["admin"])


def make(by: Person, source: str = "zendesk", scope: str = "facts:write") -> tokens.Issued:
    return tokens.token_create(by=by, name="hook", source=source, scopes=[scope], signs=True)


def receive(
    secret: str, *, body: bytes = BODY, at: object = None, path: str = "zendesk/tickets", **headers: str
) -> Any:
    moment = str(int(time.time())) if at is None else str(at)
    signed = {"Tidegate-Timestamp": moment, "Tidegate-Signature": sign(secret, moment, body)} | headers
    return Client(enforce_csrf_checks=True).post(f"/api/v1/hooks/{path}", body, "application/json", headers=signed)


def refused(response: Any, status: int, kind: str) -> dict[str, Any]:
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    assert response.json()["type"].endswith(kind)
    return response.json()


@pytest.mark.django_db
def test_a_signed_message_becomes_facts(issued: tokens.Issued) -> None:
    response = receive(issued.signing_secret)
    assert response.status_code == 202
    draining.drain()
    assert Ticket.objects.get().subject == "Checkout fails"
    assert Delivery.objects.get().source == "zendesk"
    assert Token.objects.get().last_used_at


@pytest.mark.django_db
def test_the_signature_is_the_one_that_the_documentation_gives() -> None:
    assert sign("secret", "1772442000", b"{}") == "v1=42da5635361679af8c9d0cb072d39554bce22bc54735a28ffcae11cc5f70fe72"


@pytest.mark.django_db
def test_a_replay_is_refused_whatever_else_it_says(issued: tokens.Issued) -> None:
    at = int(time.time())
    assert receive(issued.signing_secret, at=at).status_code == 202
    for headers in ({}, {"Idempotency-Key": "another"}, {"X-Request-ID": "another-one"}):
        refused(receive(issued.signing_secret, at=at, **headers), 409, "replayed")
    assert Delivery.objects.count() == 1
    assert receive(issued.signing_secret, at=at + 1).status_code == 202  # signed anew it is another message


@pytest.mark.django_db
@pytest.mark.parametrize(("off", "status"), [(-299, 202), (298, 202), (-302, 401), (302, 401), (10**9, 401)])
def test_clocks_may_differ_by_five_minutes(issued: tokens.Issued, off: int, status: int) -> None:
    assert receive(issued.signing_secret, at=int(time.time()) + off).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["", "now", "-5", "1e9", "1" * 13, "1772442000.5", "٣"])
def test_a_time_that_is_none_is_refused(issued: tokens.Issued, at: str) -> None:
    told = refused(receive(issued.signing_secret, at=at), 401, "bad-signature")
    assert told["errors"][0]["pointer"] == "header/Tidegate-Timestamp"


@pytest.mark.django_db
def test_a_message_that_was_changed_is_refused(issued: tokens.Issued) -> None:
    at = str(int(time.time()))
    good = sign(issued.signing_secret, at, BODY)
    attacks = [
        {"body": BODY.replace(b"7", b"8"), "Tidegate-Signature": good},
        {"body": BODY + b" ", "Tidegate-Signature": good},
        {"at": int(at) + 1, "Tidegate-Signature": good},
        {"Tidegate-Signature": good[:-1] + ("0" if good[-1] != "0" else "1")},
        {"Tidegate-Signature": good.removeprefix("v1=")},
        {"Tidegate-Signature": good.replace("v1=", "v0=")},
        {"Tidegate-Signature": good.upper()},
        {"Tidegate-Signature": ""},
        {"Tidegate-Signature": "v1="},
        {"Tidegate-Signature": "ä" * 64},
        {"Tidegate-Signature": ",".join(["v1=0"] * 50 + [good])},
        {"path": "other/tickets", "Tidegate-Signature": good},
    ]
    for attack in attacks:
        told = refused(receive("guess", **({"at": at} | attack)), 401, "bad-signature")
        assert told["errors"][0]["pointer"] == "header/Tidegate-Signature"
        assert told["errors"][0]["mend"]
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_while_a_secret_is_exchanged_both_hold(issued: tokens.Issued, people: dict[str, Person]) -> None:
    newer = make(people["admin"])
    old, new = issued.signing_secret, newer.signing_secret
    assert receive(old, body=BODY + b" ").status_code == receive(new).status_code == 202
    at = str(int(time.time()))
    both = f"{sign('wrong', at, BODY)}, {sign(new, at, BODY + b'  ')}"
    assert receive("x", at=at, body=BODY + b"  ", **{"Tidegate-Signature": both}).status_code == 202
    tokens.token_revoke(by=people["admin"], token=issued.token)
    refused(receive(old, body=BODY + b"   "), 401, "bad-signature")
    assert receive(new, body=BODY + b"    ").status_code == 202


@pytest.mark.django_db
def test_an_expired_or_unsigned_or_narrow_token_does_not_hold(issued: tokens.Issued, people: dict[str, Person]) -> None:
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(receive(issued.signing_secret), 401, "bad-signature")
    tokens.token_create(by=people["admin"], name="x", source="plain", scopes=["facts:write"])
    refused(receive("", path="plain/tickets"), 401, "bad-signature")
    narrow = make(people["admin"], "narrow", "queue:read")
    refused(receive(narrow.signing_secret, path="narrow/tickets"), 403, "forbidden")


@pytest.mark.django_db
def test_whoever_signs_hears_what_cannot_be_stored(issued: tokens.Issued) -> None:
    secret = issued.signing_secret
    refused(receive(secret, body=b"{"), 400, "malformed")
    refused(receive(secret, body=b"[1]"), 422, "invalid")
    refused(receive(secret, path="zendesk/colours"), 404, "not-found")
    response = Client().post("/api/v1/hooks/zendesk/tickets", b"x", "text/plain")
    refused(response, 415, "media-type")
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_a_sender_that_cannot_mend_is_answered_and_what_it_sent_is_kept(issued: tokens.Issued) -> None:
    response = receive(issued.signing_secret, body=b'{"colour": "blue"}')
    assert response.status_code == 202
    draining.drain()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.body) == ("failed", '{"colour": "blue"}')
    assert "no column was recognised" in delivery.error
