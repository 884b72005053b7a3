"""Every address, every method, every kind of caller: as docs/reference/access.md says, which this reads."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from helpers.desk import policy_in_force
from helpers.stage import NOW
from tidegate.server import health
from tidegate.server import people as people_package
from tidegate.server.api.app import document
from tidegate.server.desk import policies
from tidegate.server.desk.board import board
from tidegate.server.desk.models import Action, Delivery, Escalation, Message, Override, Replay, Ticket
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.people import secrets, tokens
from tidegate.server.people.models import RANK, AuditEntry, Person, Role, Token
from tidegate.server.people.sessions import STARTED
from tidegate.server.people.templatetags.activity_lines import WORDS
from tidegate.server.people.tokens import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "access.md"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PEOPLE = ("viewer", "agent", "lead", "admin", "colleague", "leaver")
PROGRAMS = ("token", "token of other scopes", "revoked token", "expired token")
HIDDEN, SEEN = "T-hidden", "T-seen"
_BY_QUERY = ("/api/v1/overrides/<int:number>", "/api/v1/tickets/<path:ticket_id>/snooze")
"""Where a program names the person in the address when it deletes."""
MARK = "zq7741"
"""Stands in the hidden ticket's subject, text and tags: whoever may not see the ticket reads it nowhere."""


@dataclass(frozen=True)
class Row:
    """A line of the page's tables."""

    address: str
    methods: tuple[str, ...]
    least: str
    scope: str = ""
    ticket: bool = False

    @property
    def api(self) -> bool:
        return self.address.startswith("/api/")


def rows() -> list[Row]:
    """Read the page."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        if line.startswith("| `/"):
            address, methods, least, *rest = cells
            scope = rest[0] if len(rest) == 2 else ""
            found.append(Row(address, tuple(methods.split()), least, scope, rest[-1] == "yes"))
    return found


ROWS = rows()


def walk(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Yield every address that Django knows, as the page writes it, and its view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            address = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", prefix + str(pattern.pattern))
            yield address.replace("^", "").replace("$", ""), pattern.callback


ROUTES = [(address, view) for address, view in walk(get_resolver().url_patterns) if address != "/api/v1/"]


def test_no_address_is_missing_from_the_page_and_none_is_invented() -> None:
    assert sorted(row.address for row in ROWS) == sorted({address for address, _ in ROUTES})


def test_the_roles_that_views_ask_for_are_those_of_the_page() -> None:
    said = {row.address: row for row in ROWS}
    asked = {address: view.needs for address, view in ROUTES if hasattr(view, "needs")}
    assert {address: said[address].least for address in asked} == {
        address: str(role) for address, role in asked.items()
    }
    assert len(asked) > 30


def test_what_is_asked_again_is_what_the_page_says() -> None:
    listed = re.findall(r"^- `(/.+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(address for address, view in ROUTES if hasattr(view, "confirmed"))
    assert len(listed) > 7


def test_a_session_that_was_left_open_is_not_enough_for_what_is_asked_again(stage: Stage) -> None:
    admin, other = stage.people["admin"], policies.policy_create(person=stage.people["lead"], text=_another())
    for row in [row for row in ROWS if row.address in CHANGES and hasattr(dict(ROUTES)[row.address], "confirmed")]:
        with transaction.atomic():
            if row.address == "/policy/rollback":
                policies.policy_activate(person=admin, number=other.number, why="to go back from it")
            client, newest = _caller(stage, row, "admin"), AuditEntry.objects.latest("id").pk
            left_open = client.session
            left_open[STARTED] = time.time() - 3600
            left_open.save()
            path = re.sub(r"versions/1\b", f"versions/{other.number}", _path(stage, row, "admin"))
            asked = client.post(path, FORM)["Location"]
            assert unquote(asked) == f"/accounts/reauthenticate/?next={path}"
            wrong = client.post(asked, {"password": "not this one", "next": path})
            assert b"Confirm that it is you" in wrong.content
            acts = AuditEntry.objects.filter(pk__gt=newest).values_list("act", flat=True)
            assert set(acts) == {"person.sign_in_failed"}
            client.post(asked, {"password": "a river under the bridge", "next": path})
            assert acts.filter(actor=admin).get() == CHANGES[row.address]
            transaction.set_rollback(True)
        board.forget()


def test_the_methods_of_the_api_are_those_of_its_document() -> None:
    described = {
        re.sub(r"<\w+:|<", "{", row.address).replace(">", "}"): {method.lower() for method in row.methods}
        for row in ROWS
        if row.api and row.address != "/api/v1/openapi.json"
    }
    assert {path: set(operations) for path, operations in document()["paths"].items()} == described


def test_the_scopes_of_the_page_are_those_that_there_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+:\w+)` \| (.+?) \|$", text, re.MULTILINE)) == SCOPES
    assert {row.scope for row in ROWS} - {""} <= set(SCOPES)


@dataclass
class Stage:
    """What is there: two tickets, one of them of a group that the colleague does not see."""

    people: dict[str, Person]
    override: int
    delivery: int
    replay: int
    action: int
    case: int
    token: int
    clients: dict[str, dict[str, Any]]
    keys: dict[str, int]


@pytest.fixture
def stage(
    people: dict[str, Person],
    settings: SettingsWrapper,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Stage]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [PROVIDER]}}
    policy_in_force(dry_run=False)
    policy = policy_ensure()
    for ticket_id, group, mark in ((SEEN, "billing", "ordinary"), (HIDDEN, "technical", MARK)):
        Ticket.objects.create(
            ticket_id=ticket_id, group=group, subject=f"{mark} cannot pay", body=f"{mark} help", tags=[mark],
            status="open", created_at=NOW - timedelta(hours=1), requester_id=mark, account_name=mark,
        )  # fmt: skip
        Message.objects.create(
            message_id=f"m-{ticket_id}", ticket_id=ticket_id, at=NOW, author_kind="requester", public=True,
            body=f"{mark} still",
        )  # fmt: skip
    made = Override.objects.create(
        ticket_id=HIDDEN, kind="level", value="P1", by=people["lead"], at=NOW, policy=policy, reason=MARK
    )
    replay = Replay.objects.create(version=policy, weeks=2, seeds=1, by=people["lead"])
    delivery = Delivery.objects.create(source="desk", delivery_id="1", kind="tickets", body="[]", rows=0)
    action = Action.objects.create(
        key="k", kind="page", ticket_id=HIDDEN, target="pager", state="dead", title=MARK, body=MARK
    )
    monkeypatch.setattr(board, "_clock", lambda: NOW)
    monkeypatch.setattr(health, "CHECKS", {})  # no worker runs here
    board.forget()
    keyed = "/keys/" in request.node.name  # the key is none that a browser could use: other pages would read it
    keys = {name: _second_factors(person, keyed=keyed) for name, person in people.items()}
    case = Escalation.objects.create(title=MARK, impact=MARK, level="P0", to="platform", tickets=[HIDDEN])
    issued = tokens.token_create(by=people["admin"], name="Other", source="other", scopes=["queue:read"])
    made_of = (made.pk, delivery.pk, replay.pk, action.pk, case.pk, issued.token.pk)
    yield Stage(people, *made_of, _sessions(people), keys)
    board.forget()


PROVIDER = {
    "provider_id": "company",
    "name": "Company",
    "client_id": "x",
    "secret": "x",
    "settings": {"server_url": "http://127.0.0.1:9"},  # nobody listens there
}


def _second_factors(person: Person, *, keyed: bool) -> int:
    person.set_password("a river under the bridge")
    person.save()
    Authenticator.objects.create(user=person, type="totp", data={"secret": secrets.seal("A" * 32).decode()})
    RecoveryCodes.activate(person)
    data = {"name": "key", "credential": {}}
    return Authenticator.objects.create(user=person, type="webauthn", data=data).pk if keyed else 1


def _sessions(people: dict[str, Person]) -> dict[str, dict[str, Any]]:
    found = {}
    for name in PEOPLE:
        client = Client()
        client.force_login(people[name])
        found[name] = {key: morsel.value for key, morsel in client.cookies.items()}
    return found


def _caller(stage: Stage, row: Row, actor: str) -> Client:
    """Return what an actor asks with."""
    if actor in PEOPLE:
        client = Client(raise_request_exception=False)
        client.cookies.load(stage.clients[actor])
        return client
    if actor == "stranger":
        return Client(raise_request_exception=False)
    scope = row.scope or "queue:read"
    others = sorted(set(SCOPES) - {scope})
    made = tokens.token_create(
        by=stage.people["admin"], name=actor, source="desk", scopes=others if actor == PROGRAMS[1] else [scope]
    )
    ended = timezone.now() - timedelta(seconds=1)
    if actor == "revoked token":
        Token.objects.filter(pk=made.token.pk).update(revoked_at=ended)
    if actor == "expired token":
        Token.objects.filter(pk=made.token.pk).update(expires_at=ended)
    return Client(headers={"Authorization": f"Bearer {made.key}"}, raise_request_exception=False)


def _path(stage: Stage, row: Row, actor: str, method: str = "GET") -> str:
    """Fill an address in."""
    keys = {
        "pk": stage.people["viewer"].pk,
        "ticket_id": HIDDEN,
        "number": 1,
        "replay_id": stage.replay,
        "act": "end-sessions",
    }
    keys |= {"uidb36": "1", "key": "abc-def", "provider_id": "company", "source": "desk", "kind": "tickets"}
    special = {
        "/people/tokens/<int:pk>/revoke": {"pk": stage.token},
        "/api/v1/overrides/<int:number>": {"number": stage.override},
        "/api/v1/deliveries/<int:number>": {"number": stage.delivery},
        "/api/v1/deliveries/<int:number>/retry": {"number": stage.delivery},
        "/api/v1/actions/<int:number>": {"number": stage.action},
        "/api/v1/actions/<int:number>/retry": {"number": stage.action},
        "/api/v1/actions/<int:number>/cancel": {"number": stage.action},
        "/api/v1/escalations/<int:number>/close": {"number": stage.case},
        "/escalations/<number:number>/close": {"number": stage.case},
        "/actions/<number:number>/retry": {"number": stage.action},
        "/actions/<number:number>/cancel": {"number": stage.action},
        "/accounts/2fa/webauthn/keys/<int:pk>/remove/": {"pk": stage.keys.get(actor, 1)},
        "/accounts/2fa/webauthn/keys/<int:pk>/edit/": {"pk": stage.keys.get(actor, 1)},
    }
    keys |= special.get(row.address, {})
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(keys[found[1]]), row.address)
    query = dict.fromkeys(("/queue/preview", "/similar", "/why", "/customer"), f"?ticket={HIDDEN}")
    query["/policy/compare"] = "?a=1&b=1"
    program = (
        "?person=agent@example.test" if row.address in _BY_QUERY and actor == "token" and method == "DELETE" else ""
    )
    return path + query.get(row.address, "") + program


def _sent(stage: Stage, row: Row, actor: str) -> dict[str, Any]:
    """Return what a form or a body holds: something that works for who may."""
    person = {"person": "agent@example.test"} if actor in PROGRAMS else {}
    lead = {"person": "lead@example.test"} if actor in PROGRAMS else {}
    bodies = {
        "/api/v1/actions/<int:number>/retry": lead,
        "/api/v1/actions/<int:number>/cancel": lead,
        "/api/v1/next": person,
        "/api/v1/tickets/<path:ticket_id>/assign": {"assignee": None, **person},
        "/api/v1/tickets/<path:ticket_id>/overrides": {"kind": "level", "value": "P2", **person},
        "/api/v1/tickets/<path:ticket_id>/snooze": person,
        "/api/v1/escalations/<int:number>/close": {"why": "mended", **lead},
    }
    if row.api:
        return {"data": bodies.get(row.address, {}), "content_type": "application/json"}
    forms = {
        "/queue/act": {"ticket": HIDDEN, "act": "level", "value": "P2"},
        "/queue/take-back": {"override": stage.override},
        "/escalations/<number:number>/close": {"why": "mended"},
        "/review/answer": {"ticket": HIDDEN, "value": "P2"},
        "/people/<int:pk>": {"role": "viewer"},
    }
    return {"data": forms.get(row.address, {})}


def outcome(answer: HttpResponse) -> str:
    """Name what an answer means for the one who asked."""
    where = answer.headers.get("Location", "")
    if answer.status_code == 401 or ("/accounts/login/" in where and "next=" in where):
        return "sign in"
    named = {403: "no", 404: "not there", 405: "no such method"}
    return named.get(answer.status_code) or ("failure" if answer.status_code >= 500 else "in")


def expected(row: Row, actor: str) -> str:
    """Say what the page says."""
    if row.least == "anyone":
        return "in"
    if row.least == "signature" or actor in ("stranger", "leaver"):
        return "sign in"
    if actor in PROGRAMS:
        known = row.scope and actor in ("token", "token of other scopes")
        return "sign in" if not known else "in" if actor == "token" else "no"
    role = {"colleague": "agent"}.get(actor, actor)
    if RANK[Role(role)] < RANK[Role(row.least)]:
        return "no"
    return "not there" if actor == "colleague" and row.ticket else "in"


def ask(stage: Stage, row: Row, method: str, actor: str) -> HttpResponse:
    """Ask once, and take back whatever came of it."""
    with transaction.atomic():
        client = _caller(stage, row, actor)
        path, sent = _path(stage, row, actor, method), _sent(stage, row, actor)
        safe = method in ("GET", "HEAD", "OPTIONS")
        answer = getattr(client, method.lower())(path, **({} if safe else sent))
        answer.read = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    if not safe and answer.status_code < 400:
        board.forget()
    return answer


CHANGES = {
    "/escalations/<number:number>/close": "escalation.close",
    "/actions/<number:number>/retry": "action.retry",
    "/actions/<number:number>/cancel": "action.cancel",
    "/pulse/measure": "",  # asks a job to measure: nothing that anybody relies on changes
    "/policy/check": "",
    "/policy/preview": "",
    "/policy/versions": "policy.create",
    "/policy/versions/<int:number>/activate": "policy.activate",
    "/policy/rollback": "policy.rollback",
    "/policy/versions/<int:number>/replays": "policy.replay",
    "/policy/replays/<int:replay_id>/stop": "policy.replay_stop",
    "/people/new": "person.create",
    "/people/<int:pk>": "person.change",
    "/people/<int:pk>/password": "person.set_password",
    "/people/<int:pk>/<slug:act>": "person.end_sessions",
    "/people/tokens/new": "token.create",
    "/people/tokens/<int:pk>/revoke": "token.revoke",
}
"""What a change that takes a lead or an admin leaves in the trail; empty: it changes nothing."""


FORM = {
    "why": "because it is better",
    "weeks": "2",
    "role": "agent",
    "name": "x",
    "email": "x@example.test",
    "source": "x",
    "scopes": "queue:read",
}
"""Something of everything that the privileged changes want to be told."""


def _another() -> str:
    return policy_ensure().text + "\n# another\n"


def test_each_privileged_change_is_in_the_trail(stage: Stage) -> None:
    rows = [row for row in ROWS if row.least in ("lead", "admin") and not row.api and "POST" in row.methods]
    assert {row.address for row in rows} == set(CHANGES)
    lead = stage.people["lead"]
    other = policies.policy_create(person=lead, text=_another())
    found = {}
    for row in rows:
        newest = AuditEntry.objects.latest("id").pk
        with transaction.atomic():
            if row.address == "/policy/rollback":
                policies.policy_activate(person=lead, number=other.number, why="to go back from it")
                newest = AuditEntry.objects.latest("id").pk
            path = re.sub(r"versions/1\b", f"versions/{other.number}", _path(stage, row, "admin"))
            _caller(stage, row, "admin").post(path, FORM | {"text": _another() + "# a third\n"})
            entries = AuditEntry.objects.filter(pk__gt=newest)
            found[row.address] = ",".join(entries.values_list("act", flat=True))
            assert all(entry.actor == stage.people["admin"] and entry.request_id for entry in entries)
            transaction.set_rollback(True)
        board.forget()
    assert found == CHANGES


WORK = {
    "POST /queue/act": "ticket.override",
    "POST /queue/undo": "ticket.override_undo",
    "POST /queue/take-back": "ticket.override_undo",
    "POST /queue/take": "ticket.assign",
    "POST /review/answer": "ticket.override",
    "POST /views/save": "view.share",
    "POST /views/delete": "",  # of one's own
    "POST /settings": "",  # of one's own
    "POST /api/v1/tickets": "facts.send",
    "POST /api/v1/messages": "facts.send",
    "POST /api/v1/events": "facts.send",
    "POST /api/v1/accounts": "facts.send",
    "POST /api/v1/incidents": "facts.send",
    "POST /api/v1/agents": "facts.send",
    "POST /api/v1/deliveries/<int:number>/retry": "delivery.retry",
    "POST /api/v1/actions/<int:number>/retry": "action.retry",
    "POST /api/v1/actions/<int:number>/cancel": "action.cancel",
    "POST /api/v1/escalations/<int:number>/close": "escalation.close",
    "POST /api/v1/next": "ticket.assign",
    "POST /api/v1/tickets/<path:ticket_id>/assign": "ticket.assign",
    "POST /api/v1/tickets/<path:ticket_id>/snooze": "ticket.snooze",
    "DELETE /api/v1/tickets/<path:ticket_id>/snooze": "ticket.snooze_end",
    "POST /api/v1/tickets/<path:ticket_id>/overrides": "ticket.override",
    "DELETE /api/v1/overrides/<int:number>": "ticket.override_undo",
}
"""What every other change of a page or of the API leaves in the trail. `OWN` has those under /accounts/."""


def test_each_change_at_work_and_each_fact_sent_by_hand_is_in_the_trail(stage: Stage) -> None:
    changes = {
        f"{method} {row.address}": row
        for row in ROWS
        for method in {"POST", "DELETE"} & set(row.methods)
        if row.least not in ("anyone", "signature") and row.address not in CHANGES and "/accounts/" not in row.address
    } | {f"POST {row.address}": row for row in ROWS if row.address in _FACTS}
    assert set(changes) == set(WORK)
    found = {}
    for name, row in changes.items():
        with transaction.atomic():
            client, method = _caller(stage, row, "admin"), name.partition(" ")[0].lower()
            sent = _prepared(stage, row, client, method)
            newest = AuditEntry.objects.latest("id").pk
            answer = getattr(client, method)(_path(stage, row, "admin"), **sent)
            entries = AuditEntry.objects.filter(pk__gt=newest)
            found[name] = ",".join(entries.values_list("act", flat=True))
            assert answer.status_code < 400, f"{name}: {answer.content[:300]}"
            assert all(entry.actor == stage.people["admin"] and entry.request_id for entry in entries)
            transaction.set_rollback(True)
        board.forget()
    assert found == WORK


OWN = {
    "/accounts/login/": "person.sign_in",
    "/accounts/logout/": "person.sign_out",
    "/accounts/you/end-sessions/": "person.end_sessions,person.sign_out",
    "/accounts/password/change/": "person.change_password",
    "/accounts/reauthenticate/": "",  # nothing has changed; a wrong password is a failed sign-in
    "/accounts/2fa/reauthenticate/": "person.factor_failed",
    "/accounts/2fa/totp/deactivate/": "person.remove_factor",
    "/accounts/2fa/recovery-codes/generate/": "person.reset_factor",
    "/accounts/2fa/webauthn/keys/<int:pk>/remove/": "person.remove_factor",
    "/accounts/2fa/webauthn/keys/<int:pk>/edit/": "",  # the name of one's own key
}
"""What a change of one's own sign-in leaves in the trail."""
ELSEWHERE = {
    "/accounts/password/reset/": "nobody is signed in, and the answer is the same for everybody",
    "/accounts/password/reset/key/<uidb36>-<key>/": "test_with_mail_a_link_resets_a_password_once",
    "/accounts/2fa/authenticate/": "test_a_second_factor_is_asked_for_and_lets_in",
    "/accounts/2fa/totp/activate/": "test_a_second_factor_is_asked_for_and_lets_in",
    "/accounts/2fa/webauthn/add/": "a browser has to answer; as with the app, by the same signal",
    "/accounts/2fa/webauthn/reauthenticate/": "a browser has to answer",
    "/accounts/oidc/<slug:provider_id>/login/": "test_access_oidc",
}
_PASSWORD = "a river under the bridge"  # noqa: S105 (the stage's)


def test_each_change_of_ones_own_sign_in_is_in_the_trail(
    stage: Stage, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    rows = {row.address: row for row in ROWS if row.address.startswith("/accounts/") and "POST" in row.methods}
    assert set(rows) == {*OWN, *ELSEWHERE}
    agent = stage.people["agent"]
    key = Authenticator.objects.create(user=agent, type="webauthn", data={"name": "key", "credential": {}}).pk
    forms = {
        "/accounts/login/": {"login": agent.email, "password": _PASSWORD},
        "/accounts/reauthenticate/": {"password": _PASSWORD},
        "/accounts/2fa/reauthenticate/": {"code": "000000"},
        "/accounts/password/change/": {"oldpassword": _PASSWORD}
        | dict.fromkeys(("password1", "password2"), "to the sea in May"),
        "/accounts/2fa/webauthn/keys/<int:pk>/edit/": {"name": "another"},
    }
    found = {}
    for address in OWN:
        newest = AuditEntry.objects.latest("id").pk
        with transaction.atomic():
            if address == "/accounts/login/":
                Authenticator.objects.filter(user=agent).delete()
            client = _fresh(agent) if address != "/accounts/login/" else Client()
            with django_capture_on_commit_callbacks(execute=True):  # allauth tells of new codes only then
                client.post(address.replace("<int:pk>", str(key)), forms.get(address, {}))
            entries = AuditEntry.objects.filter(pk__gt=newest)
            found[address] = ",".join(entries.values_list("act", flat=True))
            assert all(entry.object_id == str(agent.pk) for entry in entries)
            transaction.set_rollback(True)
    assert found == OWN


def _fresh(person: Person) -> Client:
    """Sign a person in who has just proved who they are."""
    client = Client()
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": _PASSWORD})
    return client


_FACTS = {
    "/api/v1/tickets": {"ticket_id": "n", "created_at": NOW.isoformat(), "status": "open"},
    "/api/v1/messages": {"message_id": "n", "ticket_id": "n", "at": NOW.isoformat(), "author_kind": "agent"},
    "/api/v1/events": {"event_id": "n", "ticket_id": "n", "at": NOW.isoformat(), "kind": "note"},
    "/api/v1/accounts": {"account_id": "n"},
    "/api/v1/incidents": {"incident_id": "n", "started_at": NOW.isoformat()},
    "/api/v1/agents": {"agent_id": "n"},
}


def _prepared(stage: Stage, row: Row, client: Client, method: str) -> dict[str, Any]:
    """See that there is something to change, and return what changes it."""
    asked = _sent(stage, row, "admin")
    forms = {
        "/views/save": {"name": "Mine", "shared": "1", "query": "lane=now"},
        "/views/delete": {"view": "1"},
        "/settings": {"density": "compact"},
    }
    if row.address in forms:
        return {"data": forms[row.address]}
    if row.address in _FACTS:
        return asked | {"data": _FACTS[row.address]}
    if row.address == "/queue/undo":
        done = client.post("/queue/act", {"ticket": HIDDEN, "act": "level", "value": "P2"})
        return {"data": {"undo": json.loads(done.headers["HX-Trigger"])["toast"]["undo"]}}
    if row.address.endswith("/assign"):
        return asked | {"data": {"assignee": "Ari"}}
    if row.address.endswith("/snooze"):
        Override.objects.update(value="P3")  # nothing urgent is set aside
        board.forget()
        if method == "delete":
            client.post(_path(stage, row, "admin"), **asked)
    Delivery.objects.update(state=Delivery.State.FAILED)
    return asked


def test_every_act_that_is_written_down_has_words() -> None:
    kinds = "action|channel|delivery|escalation|facts|person|policy|ticket|token|training|view"
    source = Path(people_package.__file__ or "").parents[1]
    written = {
        act
        for file in source.rglob("*.py")
        if file.name != "activity_lines.py"
        for act in re.findall(rf'"((?:{kinds})\.[a-z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert written | {"activity.export", "action.cancel_for", "action.retry_for"} == set(WORDS)


def test_every_change_from_a_browser_needs_its_proof(stage: Stage) -> None:
    answers = {}
    for row in ROWS:
        for method in sorted({"POST", "DELETE"} & set(row.methods)):
            client = Client(enforce_csrf_checks=True)
            client.cookies.load(stage.clients["admin"])
            answer = getattr(client, method.lower())(_path(stage, row, "admin"), **_sent(stage, row, "admin"))
            answers[method, row.address] = answer.status_code
    signed = ("POST", "/api/v1/hooks/<source>/<kind>")
    assert answers == dict.fromkeys(answers, 403) | {signed: 401}


@pytest.mark.parametrize("row", ROWS, ids=[row.address for row in ROWS])
def test_each_caller_gets_what_the_page_says(stage: Stage, row: Row) -> None:
    actors = ("stranger", *PEOPLE, *PROGRAMS)
    answers = {(method, actor): ask(stage, row, method, actor) for method in row.methods for actor in actors}
    found = {key: outcome(answer) for key, answer in answers.items()}
    assert found == {(method, actor): expected(row, actor) for method, actor in found} | _exceptions(row, found)
    blind = ("stranger", "colleague", "leaver", *PROGRAMS[1:])
    leaks = [key for key, answer in answers.items() if key[1] in blind and MARK.encode() in answer.read]
    assert leaks == []


def _exceptions(row: Row, found: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Say where a right answer looks like another: each with its reason."""
    refused = {
        # allauth says 401 where the provider did not sign anybody in
        "/accounts/oidc/<slug:provider_id>/login/callback/": "sign in",
        "/accounts/3rdparty/login/error/": "sign in",
        # the sample provider cannot be reached: 503
        "/accounts/oidc/<slug:provider_id>/login/": "failure",
        # there is no mail, so there is nothing to send a form to
        "/accounts/password/reset/": "not there",
        # nothing was measured, and nothing replayed
        "/pulse/tickets/<str:key>": "not there",
    }
    if row.address not in refused:
        return {}
    only = {"/accounts/password/reset/": "POST", "/accounts/oidc/<slug:provider_id>/login/": "POST"}.get(row.address)
    return {
        key: refused[row.address] for key in found if expected(row, key[1]) == "in" and (only is None or key[0] == only)
    }


def test_no_other_method_does_anything(stage: Stage) -> None:
    wrong = {}
    for row in ROWS:
        head = ("HEAD",) if "GET" in row.methods else ()
        for method in [method for method in METHODS if method not in (*row.methods, *head)]:
            for actor in ("stranger", "admin", "token"):
                answer = ask(stage, row, method, actor)
                again = "/accounts/reauthenticate/" in answer.headers.get("Location", "")
                if not again and outcome(answer) not in ("no such method", "sign in", "no", "not there"):
                    wrong[method, row.address, actor] = answer.status_code
    assert wrong == {}
