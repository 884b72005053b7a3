"""The whole API against its own document, as every kind of caller: no error of ours, nothing undocumented, no leak."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tidegate.server.desk import inbox
from tidegate.server.desk.board import board
from tidegate.server.desk.inbox import draining
from tidegate.server.desk.models import Action
from tidegate.server.people import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.server.people.models import Person

SECRET = "the merger with Acme"  # noqa: S105 - the text of a ticket that few may see
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
IDS = ("t1", "t/2 ä", "hidden", "none")
INSIDES = ("Traceback", "psycopg", "SELECT ", "django.", "site-packages", "tidegate/server")
CALLERS = {
    "stranger": (),
    "viewer": (),
    "agent": (),
    "lead": (),
    "admin": (),
    "colleague": (),
    "leaver": (),
    "sender": ("facts:write",),
    "reader": ("queue:read", "overrides:read"),
    "worker": ("claims:write", "overrides:write"),
}
SEES_ALL = {"viewer", "agent", "lead", "admin", "reader", "worker"}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Let the end of a request leave the test's own transaction open, as Django's own test client does."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


def desk() -> None:
    told = [
        {"ticket_id": name, "created_at": "2026-03-02T09:00:00Z", "group": group, "subject": subject, "account_id": "a"}
        for name, group, subject in zip(IDS, ("billing", "billing", "board"), ("Refund", "Bug", SECRET), strict=False)
    ]
    inbox.delivery_accept(source="desk", delivery_id="d", kind="tickets", body=json.dumps(told))
    draining.drain()
    Action.objects.create(kind="tag", ticket_id="hidden", target=SECRET, key="k")
    board.forget()


def headers_of(caller: str, people: dict[str, Person]) -> dict[str, str]:
    if scopes := CALLERS[caller]:
        made = tokens.token_create(by=people["admin"], name=caller, source="other", scopes=scopes)
        return {"Authorization": f"Bearer {made.key}"}
    if caller == "stranger":
        return {}
    client = Client()
    client.force_login(people[caller])
    cookies = {name: morsel.value for name, morsel in client.cookies.items()} | {"tidegate-csrf": "a" * 32}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "X-CSRFToken": "a" * 32}


@cache
def operations() -> tuple[Any, ...]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    return tuple(found.ok() for found in schema.get_all_operations())


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("caller", CALLERS)
def test_whatever_is_asked_is_answered_as_documented(caller: str, people: dict[str, Person]) -> None:
    desk()
    headers = headers_of(caller, people)
    for operation in operations():
        for mode in modes(operation):
            ask(operation.as_strategy(generation_mode=mode), caller, headers)


def modes(operation: Any) -> tuple[GenerationMode, ...]:
    """Right ones, and wrong ones where anything can be got wrong."""
    wrong = operation.body or operation.path_parameters or operation.query
    return (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if wrong else (GenerationMode.POSITIVE,)


def ask(strategy: Any, caller: str, headers: dict[str, str]) -> None:
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, name=st.sampled_from(IDS), known=st.booleans())
    def answered(case: Any, name: str, known: bool) -> None:
        if known and "ticket_id" in (case.path_parameters or {}):
            case.path_parameters["ticket_id"] = name
        kept = {k: v for k, v in (case.headers or {}).items() if k not in ("Authorization", "Cookie", "X-CSRFToken")}
        case.headers = kept
        case.cookies = {}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        text = response.text
        assert not [word for word in INSIDES if word in text]
        if caller not in SEES_ALL:
            assert SECRET not in text
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"]

    answered()
