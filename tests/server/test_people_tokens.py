"""Tokens: shown once, found by their secret alone, ended at once; and secrets sealed at rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import serializers
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tidegate.server.people import secrets, tokens
from tidegate.server.people.models import AuditEntry, Token
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from tidegate.server.people.models import Person


@pytest.fixture
def issued(people: dict[str, Person]) -> tokens.Issued:
    return tokens.token_create(
        by=people["admin"], name="Zendesk", source="zendesk", scopes=["queue:read", "facts:write"], signs=True
    )


def test_a_key_finds_its_token(issued: tokens.Issued) -> None:
    found = tokens.token_find(issued.key)
    assert found == issued.token
    assert [scope for scope in tokens.SCOPES if tokens.allows(found, scope)] == ["facts:write", "queue:read"]


def test_no_other_key_does(issued: tokens.Issued) -> None:
    key = issued.key
    for wrong in ("", "tg", key[:-1], key + "x", key.upper(), key.replace("tg_", "xx_"), f"tg_{'0' * 12}_x", key[3:]):
        assert tokens.token_find(wrong) is None


def test_the_database_holds_no_secret(issued: tokens.Issued) -> None:
    secret = issued.key.split("_", 2)[2]
    everything = serializers.serialize("json", [*Token.objects.all(), *AuditEntry.objects.all()])
    kept = everything + str(bytes(Token.objects.get().signing_secret))
    assert secret not in kept
    assert issued.signing_secret not in kept
    assert tokens.signing_secret(Token.objects.get()) == issued.signing_secret


def test_showing_a_new_token_in_a_log_shows_no_secret(issued: tokens.Issued) -> None:
    assert issued.key not in repr(issued)
    assert issued.signing_secret not in repr(issued)


def test_a_token_that_signs_nothing_has_no_signing_secret(people: dict[str, Person]) -> None:
    made = tokens.token_create(by=people["admin"], name="Report", source="report", scopes=["queue:read"])
    assert made.signing_secret == tokens.signing_secret(made.token) == ""


def test_a_revoked_token_is_not_found_and_stays_listed(issued: tokens.Issued, people: dict[str, Person]) -> None:
    tokens.token_revoke(by=people["admin"], token=issued.token)
    tokens.token_revoke(by=people["admin"], token=issued.token)
    assert tokens.token_find(issued.key) is None
    assert Token.objects.count() == 1
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["token.create", "token.revoke"]


def test_an_expired_token_is_not_found(issued: tokens.Issued) -> None:
    Token.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert tokens.token_find(issued.key)
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert tokens.token_find(issued.key) is None


@pytest.mark.parametrize("scopes", [[], ["everything"], ["queue:read", "x"]])
def test_unknown_scopes_are_refused(people: dict[str, Person], scopes: list[str]) -> None:
    with pytest.raises(InputError, match="facts:write"):
        tokens.token_create(by=people["admin"], name="x", source="x", scopes=scopes)


def test_a_token_cannot_expire_in_the_past(people: dict[str, Person]) -> None:
    with pytest.raises(InputError, match="past"):
        tokens.token_create(by=people["admin"], name="x", source="x", scopes=["queue:read"], expires_at=timezone.now())


def test_asking_for_a_scope_that_there_is_not_is_our_mistake(issued: tokens.Issued) -> None:
    with pytest.raises(KeyError):
        tokens.allows(issued.token, "facts:wirte")


def test_use_is_noted_at_most_once_a_minute(issued: tokens.Issued, django_assert_num_queries: Any) -> None:
    token = issued.token
    tokens.token_note_use(token)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    with django_assert_num_queries(0):
        tokens.token_note_use(token)
    Token.objects.update(last_used_at=first - timedelta(seconds=61))
    token.refresh_from_db()
    tokens.token_note_use(token)
    token.refresh_from_db()
    assert token.last_used_at >= first


@given(st.text())
def test_what_is_sealed_opens_and_shows_nothing(text: str) -> None:
    sealed = secrets.seal(text)
    assert secrets.open_(sealed) == secrets.open_(memoryview(sealed)) == text
    assert len(text) < 8 or text.encode() not in sealed


def test_a_changed_secret_does_not_open() -> None:
    sealed = bytearray(secrets.seal("s"))
    sealed[20] ^= 1
    with pytest.raises(InputError, match="does not open"):
        secrets.open_(bytes(sealed))


def test_the_key_is_rotated_without_losing_a_secret(settings: SettingsWrapper) -> None:
    settings.SECRET_KEY = old = "old " * 20
    sealed = secrets.seal("kept")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new " * 20, [old]
    anew = secrets.reseal(sealed)
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets.open_(anew) == "kept"
    with pytest.raises(InputError, match="TIDEGATE_SECRET_KEY"):
        secrets.open_(sealed)
