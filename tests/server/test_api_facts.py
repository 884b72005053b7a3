"""Facts in over HTTP: accepted once, refused with what mends it, never an error of ours."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.server.api import bodies, submissions
from tidegate.server.api.problems import ProblemError
from tidegate.server.desk import inbox
from tidegate.server.desk.inbox import draining, payloads
from tidegate.server.desk.models import Account, Agent, Delivery, Event, Incident, Message, Ticket
from tidegate.server.people import tokens

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

TICKET = payloads.example("tickets")
MODELS = {
    "tickets": Ticket,
    "messages": Message,
    "events": Event,
    "accounts": Account,
    "incidents": Incident,
    "agents": Agent,
}


@pytest.fixture
def sender(people: dict[str, Person]) -> Client:
    made = tokens.token_create(by=people["admin"], name="Desk", source="desk", scopes=["facts:write"])
    return Client(headers={"Authorization": f"Bearer {made.key}"})


def send(client: Client, kind: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/api/v1/{kind}", raw, content_type, headers=headers)


def refused(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert Delivery.objects.count() == 0
    return response.json()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", payloads.KINDS)
def test_one_several_and_lines_become_facts(sender: Client, kind: str) -> None:
    key = payloads.SHAPES[kind].model_fields
    name = next(iter(key))
    several = [payloads.example(kind) | {name: str(number)} for number in range(3)]
    lines = "\n".join(json.dumps(one | {name: f"line {one[name]}"}) for one in several).encode()
    answers = [
        send(sender, kind, payloads.example(kind)),
        send(sender, kind, several),
        send(sender, kind, b"\xef\xbb\xbf" + lines + b"\n\n", "application/x-ndjson; charset=UTF-8"),
    ]
    assert [(one.status_code, one.json()["rows"]) for one in answers] == [(202, 1), (202, 3), (202, 3)]
    draining.drain()
    assert MODELS[kind].objects.count() == 7
    for one in answers:
        told = sender.get(one.json()["status_url"]).json()
        assert (told["state"], told["unused"], told["used"]) == ("done", 0, told["rows"])


@pytest.mark.django_db
def test_the_same_key_again_changes_nothing(sender: Client) -> None:
    first = send(sender, "tickets", TICKET, **{"Idempotency-Key": "k1"})
    again = send(sender, "tickets", TICKET, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json() | {"duplicate": True}
    other = send(sender, "tickets", TICKET | {"status": "hold"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert other.json()["type"].endswith("key-reused")
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " x", "x" * 201, "ä", "a\tb"])
def test_keys_that_cannot_be_kept_are_refused(sender: Client, key: str) -> None:
    told = refused(send(sender, "tickets", TICKET, **{"Idempotency-Key": key}), 422)
    assert told["errors"][0]["pointer"] == "header/Idempotency-Key"


@pytest.mark.django_db
def test_a_program_sees_the_deliveries_of_its_own_source(sender: Client, people: dict[str, Person]) -> None:
    url = send(sender, "tickets", TICKET).json()["status_url"]
    other = tokens.token_create(by=people["admin"], name="Other", source="other", scopes=["facts:write"])
    stranger = Client(headers={"Authorization": f"Bearer {other.key}"})
    assert stranger.get(url).status_code == 404
    assert sender.get(url).json()["state"] == "waiting"
    lead = Client()
    lead.force_login(people["lead"])
    assert lead.get(url).json()["source"] == "desk"
    agent = Client()
    agent.force_login(people["agent"])
    assert agent.get(url).status_code == 403
    assert lead.get(f"/api/v1/deliveries/{10**25}").status_code == 404


@pytest.mark.django_db
def test_who_sees_the_tickets_of_some_groups_sees_no_deliveries(sender: Client, people: dict[str, Person]) -> None:
    url = send(sender, "tickets", TICKET).json()["status_url"]
    for name in ("lead", "admin"):
        people[name].groups_seen = ["billing"]
        people[name].save()
        limited = Client()
        limited.force_login(people[name])
        answers = [limited.get(url), limited.get("/api/v1/deliveries"), limited.post(f"{url}/retry")]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert all("all groups" in answer.json()["detail"] for answer in answers)


@pytest.mark.django_db
def test_failed_deliveries_are_found_and_tried_again(sender: Client, people: dict[str, Person]) -> None:
    inbox.delivery_accept(source="other", delivery_id="bad", kind="tickets", body='{"colour": "blue"}')
    good = send(sender, "tickets", TICKET).json()["id"]
    draining.drain()
    lead = Client()
    lead.force_login(people["lead"])
    failed = lead.get("/api/v1/deliveries?state=failed").json()
    assert [(one["source"], one["state"], one["used"]) for one in failed] == [("other", "failed", 0)]
    assert failed[0]["error"]
    assert [one["id"] for one in sender.get("/api/v1/deliveries").json()] == [good]
    again = f"/api/v1/deliveries/{failed[0]['id']}/retry"
    assert sender.post(again).status_code == 401
    agent = Client()
    agent.force_login(people["agent"])
    assert agent.post(again).status_code == 403
    assert lead.post(again).json()["state"] == "waiting"
    assert lead.post(again).status_code == 409
    assert lead.post(f"/api/v1/deliveries/{good}/retry").status_code == 409
    assert lead.post("/api/v1/deliveries/999999/retry").status_code == 404


BAD = [
    ("tickets", {**TICKET, "created_at": "yesterday"}, "/created_at"),
    ("tickets", {**TICKET, "created_at": "2026-03-02T09:00:00"}, "/created_at"),
    ("tickets", {**TICKET, "created_at": 1772442000}, "/created_at"),
    ("tickets", {**TICKET, "created_at": "9999-12-31T00:00:00Z"}, "/created_at"),
    ("tickets", {"ticket_id": "1"}, "/created_at"),
    ("tickets", {**TICKET, "ticket_id": " "}, "/ticket_id"),
    ("tickets", {**TICKET, "ticket_id": "x" * 201}, "/ticket_id"),
    ("tickets", {**TICKET, "ticket_id": None}, "/ticket_id"),
    ("tickets", {**TICKET, "statsu": "open"}, "/statsu"),
    ("tickets", {**TICKET, "status": "Pending"}, "/status"),
    ("tickets", {**TICKET, "reopens": 2**31}, "/reopens"),
    ("tickets", {**TICKET, "reopens": 1.5}, "/reopens"),
    ("tickets", {**TICKET, "csat": 5}, "/csat"),
    ("tickets", {**TICKET, "vip": "yes"}, "/vip"),
    ("tickets", {**TICKET, "tags": "a, b"}, "/tags"),
    ("tickets", {**TICKET, "tags": ["a", {"b": 1}]}, "/tags/1"),
    ("tickets", {**TICKET, "subject": ["x"]}, "/subject"),
    ("tickets", [TICKET, {**TICKET, "given_level": "P9"}], "/1/given_level"),
    ("messages", {"ticket_id": "1", "at": "2026-03-02T09:00:00Z", "public": "true"}, "/public"),
    ("messages", {"ticket_id": "1"}, "/at"),
    ("events", {**payloads.example("events"), "kind": "exploded"}, "/kind"),
    ("events", [payloads.example("events"), {"ticket_id": "1", "kind": "note"}], "/1/at"),
    ("accounts", {"account_id": "a", "contract_value": -1}, "/contract_value"),
    ("accounts", {"account_id": "a", "health": 101}, "/health"),
    ("incidents", {"incident_id": "i"}, "/started_at"),
    ("agents", {"agent_id": "a", "capacity": -1}, "/capacity"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "told", "pointer"), BAD, ids=[f"{kind}{place}" for kind, _, place in BAD])
def test_a_wrong_value_is_named_with_what_mends_it(sender: Client, kind: str, told: Any, pointer: str) -> None:
    found = refused(send(sender, kind, told), 422)
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    error = found["errors"][0]
    assert error["message"]
    assert error["mend"]
    assert error["expected"] or "missing" in error["message"]
    assert len(error["value"] or "") <= 60


@pytest.mark.django_db
def test_a_misspelt_field_hears_the_right_one(sender: Client) -> None:
    error = refused(send(sender, "tickets", TICKET | {"statsu": "open"}), 422)["errors"][0]
    assert error["expected"].startswith("one of status")


@pytest.mark.django_db
def test_many_wrong_values_are_counted_and_some_listed(sender: Client) -> None:
    told = refused(send(sender, "events", [{"ticket_id": "1", "kind": "x", "at": "y"}] * 30), 422)
    assert "60 values" in told["detail"]
    assert len(told["errors"]) == 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b" ", "Expecting value"),
        (b"{", "line 1, column 2"),
        (b'{"a": 1} x', "Extra data"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "integer"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": "\x00"}', "control character"),
        (b"\x00\x01", "Expecting value"),
    ],
)
def test_what_is_no_json_is_refused(sender: Client, body: bytes, words: str) -> None:
    told = refused(send(sender, "tickets", body), 400)
    assert words in told["detail"] + told["errors"][0]["message"]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"null", b"7", b'"x"', b"[]", b"[1]", b"[[]]", b"{}", b"[{}]", b'[{"a": 1}, null]'])
def test_what_holds_no_objects_is_refused(sender: Client, body: bytes) -> None:
    told = refused(send(sender, "tickets", body), 422)
    assert told["errors"][0]["expected"]


@pytest.mark.django_db
def test_a_broken_line_is_named(sender: Client) -> None:
    lines = json.dumps(TICKET).encode() + b'\n\n{"ticket_id": \n'
    told = refused(send(sender, "tickets", lines, "application/x-ndjson"), 400)
    assert "line 3" in told["errors"][0]["message"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind",
    ["text/csv", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/json; charset=latin-1"],
)
def test_other_content_types_are_refused(sender: Client, kind: str) -> None:
    told = refused(send(sender, "tickets", b"x", kind), 415)
    assert "application/json" in told["errors"][0]["expected"]


@pytest.mark.django_db
def test_packed_bodies_are_refused(sender: Client) -> None:
    assert refused(send(sender, "tickets", b"x", **{"Content-Encoding": "gzip"}), 415)


@pytest.mark.django_db
def test_too_many_objects_are_refused(sender: Client) -> None:
    told = [{"account_id": str(number)} for number in range(submissions.MOST_ROWS + 1)]
    assert "10,000" in refused(send(sender, "accounts", told), 413)["detail"]


@pytest.mark.django_db
def test_too_many_different_fields_are_refused(sender: Client) -> None:
    told = [{f"field {number}": 1} for number in range(1_100)]
    assert "fields" in refused(send(sender, "accounts", told), 422)["detail"]


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["tickets", "hooks/desk/tickets", "next", "nothing", "queue"])
def test_fifty_megabytes_are_refused_before_they_are_read(sender: Client, path: str) -> None:
    response = sender.generic(
        "POST",
        f"/api/v1/{path}",
        content_type="application/json",
        **{"CONTENT_LENGTH": str(50 * 2**20), "wsgi.input": Unread()},
    )
    refused(response, 413)


@pytest.mark.django_db
def test_an_order_is_small(sender: Client, people: dict[str, Person]) -> None:
    sender.force_login(people["lead"])
    response = sender.post("/api/v1/next", b" " * (65 * 1024), "application/json", headers={"Authorization": ""})
    refused(response, 413)


class Endless(BytesIO):
    """A stream that never ends, and counts what was taken."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size
        assert size > 0
        self.taken += size
        return b" " * size


def test_a_body_without_a_length_is_read_to_the_limit_and_no_further() -> None:
    stream = Endless()
    request = RequestFactory().post("/", **{"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream})
    del request.META["CONTENT_LENGTH"]
    with pytest.raises(ProblemError) as found:
        bodies.read(request, 100_000)
    assert found.value.kind == "too-large"
    assert stream.taken <= 100_001 + 65_536


def test_chunks_are_put_together() -> None:
    request = RequestFactory().post("/", **{"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(b"x" * 70_000)})
    del request.META["CONTENT_LENGTH"]
    assert bodies.read(request, 100_000) == b"x" * 70_000


@pytest.mark.parametrize("length", ["many", "-1", "1.5", "٣"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    request = RequestFactory().post("/", data=b"x", content_type="application/json")
    request.META["CONTENT_LENGTH"] = length
    with pytest.raises(ProblemError) as found:
        bodies.read(request, 10)
    assert found.value.kind == "malformed"


@pytest.mark.django_db
def test_names_of_a_help_desk_are_recognised(sender: Client) -> None:
    told = [{"id": 1, "created at": "2026-03-02 09:00", "Subject": "x", "Status": "Pending"}, {"id": 2}]
    found = send(sender, "tickets", told)
    assert found.status_code == 202
    draining.drain()
    assert Ticket.objects.get().status == "waiting"
    status = sender.get(found.json()["status_url"]).json()
    assert (status["rows"], status["used"], status["unused"]) == (2, 1, 1)
    assert status["rejected"][0]["row"] == 2


@pytest.mark.django_db
def test_what_is_not_recognised_is_refused_at_once(sender: Client) -> None:
    told = refused(send(sender, "tickets", {"colour": "blue"}), 422)
    assert "no column was recognised as ticket_id" in told["errors"][0]["message"]
    told = refused(send(sender, "tickets", {"id": 1, "created": "never"}), 422)
    assert told["errors"][0]["pointer"] == "/0/created"


@pytest.mark.django_db
def test_texts_from_the_wild_are_kept_as_far_as_they_can_be(sender: Client) -> None:
    body = (
        b'{"ticket_id": "1", "created_at": "2026-03-02T09:00:00Z", "subject": "half \\ud83d", '
        b'"body": "nul \\u0000 and \\ud83d\\ude00"}'
    )
    assert send(sender, "tickets", body).status_code == 202
    draining.drain()
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.body) == ("half \ufffd", "nul \ufffd and \U0001f600")


@pytest.mark.django_db
def test_of_a_name_that_comes_twice_the_last_counts(sender: Client) -> None:
    for name in (b"plain", b"half \\ud83d"):  # each is read by another parser
        body = b'{"account_id": "first", "account_id": "last", "name": "' + name + b'"}'
        assert send(sender, "accounts", body).status_code == 202
    draining.drain()
    assert list(Account.objects.values_list("account_id", flat=True)) == ["last"]


@pytest.mark.django_db
def test_a_ticket_of_times_to_come_is_accepted_and_looked_at_later(sender: Client) -> None:
    later = (timezone.now() + timezone.timedelta(days=2)).isoformat()
    found = send(sender, "tickets", TICKET | {"solved_at": later, "status": "solved"})
    assert found.status_code == 202
    draining.drain()
    assert Ticket.objects.get().status == "open"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["ticket_id", "created_at", "id", "subject", "tags", "status", "fields", "tickets", "data"])


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(
    told=st.one_of(JSON, st.lists(st.dictionaries(NAMES, JSON, max_size=4), max_size=3)),
    kind=st.sampled_from(payloads.KINDS),
)
def test_any_json_is_accepted_or_is_a_problem(told: Any, kind: Any) -> None:
    problem: ProblemError | None = None
    found: submissions.Submission | None = None
    try:
        found = submissions.check(kind, json.dumps(told).encode(), lines=False, received_at=timezone.now())
    except ProblemError as error:
        problem = error
    assert (problem is None) != (found is None)
    assert found is None or found.rows >= 1
    assert problem is None or problem.kind in ("malformed", "invalid", "too-large")
