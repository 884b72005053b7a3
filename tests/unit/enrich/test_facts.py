"""Accounts, incidents, history and the wide table that they end up in."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as slowly
from hypothesis import strategies as st

from helpers.boards import policy_with
from helpers.slow_clocks import utc
from tidegate.enrich.accounts import account_facts, match_accounts
from tidegate.enrich.facts import facts, likeliest
from tidegate.enrich.glance import glance
from tidegate.enrich.history import history_facts
from tidegate.enrich.incidents import incident_facts
from tidegate.tables import Accounts, Events, Incidents, InputError, Levels, Tickets
from tidegate.tables.facts import FACTS

NOW = utc(2024, 5, 6, 12)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def table(schema: type, *rows: dict[str, object], **everywhere: object) -> pl.DataFrame:
    """Rows of a contract, null where nothing is said."""
    types = {name: column.dtype for name, column in schema.columns().items()}
    return pl.DataFrame([everywhere | row for row in rows], schema=types)


def tickets(*rows: dict[str, object]) -> pl.DataFrame:
    return table(
        Tickets, *({"ticket_id": f"T{n}"} | row for n, row in enumerate(rows)), created_at=NOW - DAY, status="open"
    )


ACCOUNTS = table(
    Accounts,
    {
        "account_id": "a1",
        "name": "Ácme, Inc.",
        "domain": "acme.com",
        "tier": " Strategic",
        "renewal_at": NOW + 3 * DAY / 2,
    },
    {"account_id": "a2", "name": "Bolt GmbH & Co. KG", "domain": "BOLT.de", "tier": "free"},
    {"account_id": "a3", "name": "Twin Ltd", "domain": "twin.com"},
    {"account_id": "a4", "name": "TWIN limited", "domain": "twin.com"},
    {"account_id": "a5", "name": "Mail Users", "domain": "gmail.com"},
)


def test_accounts_are_found_by_key_then_domain_then_name() -> None:
    rows = tickets(
        {"account_id": "a2", "requester_email": "x@acme.com"},
        {"account_id": "gone", "requester_email": "Ann@ACME.com"},
        {"requester_email": "x@bolt.de"},
        {"requester_email": "x@gmail.com", "account_name": "acme"},
        {"account_name": "  ACME   inc "},
        {"account_name": "Bolt"},
    )
    found = match_accounts(rows, ACCOUNTS)
    assert found.row.to_list() == [1, 0, 1, 0, 0, None]
    assert found.how.to_list() == ["id", "domain", "domain", "name", "name", None]
    assert found.counts == {"id": 1, "domain": 2, "name": 2, "unknown": 1, "ambiguous": 0}


def test_a_domain_or_name_that_two_accounts_share_is_no_match_and_counted() -> None:
    rows = tickets(
        {"requester_email": "x@twin.com"},
        {"account_name": "Twin"},
        {"requester_email": "x@twin.com", "account_name": "Acme"},
        {"requester_email": "x@gmail.com"},
        {},
    )
    found = match_accounts(rows, ACCOUNTS)
    assert found.row.to_list() == [None, None, 0, None, None]
    assert found.counts == {"id": 0, "domain": 0, "name": 1, "unknown": 0, "ambiguous": 2}


def test_what_is_known_about_the_account_comes_with_it() -> None:
    rows = tickets({"account_id": "a1"}, {"account_id": "gone"})
    known = account_facts(ACCOUNTS, match_accounts(rows, ACCOUNTS), NOW)
    assert known["tier"].to_list() == ["strategic", None]
    assert known["days_to_renewal"].to_list() == [1.5, None]
    assert known["account_known"].to_list() == [True, False]


def incident(name: str, **row: object) -> dict[str, object]:
    return {"incident_id": name, "title": f"{name}!", "started_at": NOW - DAY} | row


def test_an_incident_touches_its_product_and_account_and_no_name_means_all() -> None:
    rows = tickets(
        {"product": "Mail ", "account_id": "a1"}, {"product": "mail"}, {"product": "Chat", "account_id": "a1"}, {}
    )
    incidents = table(
        Incidents,
        incident("all"),
        incident("mail", product="MAIL", level="P1"),
        incident("a1", account_id="a1", level="P2"),
        incident("both", product="mail", account_id="a1", level="P0"),
        incident("over", resolved_at=NOW, level="P0"),
        incident("later", started_at=NOW + DAY, level="P0"),
    )
    found = incident_facts(rows, incidents, NOW)
    assert found["open_incidents"].to_list() == [4, 2, 2, 1]
    assert found["incident_id"].to_list() == ["both", "mail", "a1", "all"]
    assert found["incident_title"].to_list() == ["both!", "mail!", "a1!", "all!"]


def test_of_incidents_of_one_level_the_newest_is_named() -> None:
    incidents = table(
        Incidents, incident("b", started_at=NOW - 2 * DAY), incident("c"), incident("a"), incident("d", level="P3")
    )
    assert incident_facts(tickets({}), incidents, NOW)["incident_id"].item() == "d"
    assert incident_facts(tickets({}), incidents.filter(pl.col("level").is_null()), NOW)["incident_id"].item() == "a"
    none = incident_facts(tickets({}), incidents.clear(), NOW)
    assert none.row(0) == (0, None, None)


asked = st.fixed_dictionaries(
    {
        "requester_id": st.sampled_from([None, "ann", "bob"]),
        "requester_email": st.sampled_from([None, "ann", "c@c"]),
        "account_id": st.sampled_from([None, "a1", "a2"]),
        "created_at": st.integers(-95, 3).map(lambda n: NOW + n * DAY),
        "solved_at": st.none() | st.integers(-5, 3).map(lambda n: NOW + n * DAY),
        "escalated": st.sampled_from([None, True, False]),
        "csat": st.sampled_from([None, 0.0, 0.25, 1.0]),
    }
)


def slow_history(row: dict[str, object], past: list[dict[str, object]], now: datetime) -> dict[str, object]:
    def who(ticket: dict[str, object]) -> object:
        return ticket["requester_id"] or ticket["requester_email"]

    window = [p for p in past if p is not row and now - 90 * DAY <= p["created_at"] <= now]  # type: ignore[operator]
    mine = [p for p in window if who(p) is not None and who(p) == who(row)]
    ours = [p for p in window if p["account_id"] is not None and p["account_id"] == row["account_id"]]
    known = [p for p in ours if p["csat"] is not None and (p["solved_at"] is None or p["solved_at"] <= now)]  # type: ignore[operator]
    return {
        "requester_tickets_90d": len(mine),
        "account_tickets_90d": len(ours),
        "account_escalations_90d": sum(bool(p["escalated"]) for p in ours),
        "account_csat_90d": sum(p["csat"] for p in known) / len(known) if known else None,  # type: ignore[misc]
    }


@given(st.lists(asked, min_size=1, max_size=12), st.data())
@slowly(max_examples=60, deadline=None)
def test_history_counts_the_others_and_never_looks_ahead(rows: list[dict[str, object]], data: st.DataObject) -> None:
    past = tickets(*rows)
    picked = data.draw(st.lists(st.integers(0, len(rows) - 1), unique=True, min_size=1))
    found = history_facts(past[picked], past, NOW)
    assert found.to_dicts() == [slow_history(rows[n], rows, NOW) for n in picked]


def levels(*posteriors: tuple[float, ...]) -> pl.DataFrame:
    return table(
        Levels,
        *(
            {"ticket_id": f"T{n}", **{f"level_p{k}": value for k, value in enumerate(p)}}
            for n, p in enumerate(posteriors)
        ),
    )


def test_the_likeliest_level_is_the_more_urgent_one_of_equals() -> None:
    assert likeliest(levels((0, 0.5, 0.5, 0), (0.1, 0.2, 0.3, 0.4), (1, 0, 0, 0))).to_list() == ["P1", "P3", "P0"]


def test_the_wide_table_has_every_fact_with_its_type_and_default() -> None:
    found = facts(tickets({}, {"subject": "help", "body": "it broke"}), policy=policy_with(), now=NOW)
    assert found.drop("target_row").schema == {name: fact.dtype for name, fact in FACTS.items()}
    for name, fact in FACTS.items():
        if fact.missing is not None and name not in {"text", "age_hours"}:
            assert found[name].to_list() == [fact.missing] * 2, name
    assert found["text"].to_list() == ["\n", "help\nit broke"]
    assert found["age_hours"].to_list() == [24.0, 24.0]
    assert found["clock"].to_list() == ["first_response"] * 2


def test_clocks_that_are_read_here_know_the_events() -> None:
    schema = {name: column.dtype for name, column in Events.columns().items()}
    log = [("E1", "T0", NOW - 2 * HOUR, "waiting_customer"), ("E2", "T0", NOW - HOUR, "reopened")]
    rows = [dict(zip(("event_id", "ticket_id", "at", "kind"), row, strict=True), actor_kind="agent") for row in log]
    events = pl.DataFrame(rows, schema=schema)
    found = facts(tickets({}), policy=policy_with(), now=NOW, events=events, needs={"age_p0"})
    assert found["age_p0"].to_list() == [23 * 60.0]


def test_history_counts_tickets_whose_account_was_found_otherwise() -> None:
    past = tickets({"account_id": "a1"}, {"requester_email": "x@acme.com"}, {"account_name": "acme"}, {})
    needs = {"account_tickets_90d"}
    found = facts(past[:1], policy=policy_with(), now=NOW, accounts=ACCOUNTS, history=past, needs=needs)
    assert found.to_dict(as_series=False) == {"account_tickets_90d": [2]}
    bare = facts(past[:1], policy=policy_with(), now=NOW, history=past, needs=needs)
    assert bare.to_dict(as_series=False) == {"account_tickets_90d": [0]}


def test_only_what_is_needed_is_built() -> None:
    found = facts(tickets({}), policy=policy_with(), now=NOW, needs={"ticket_id", "tier"})
    assert found.columns == ["ticket_id", "tier"]
    with pytest.raises(InputError, match="teir"):
        facts(tickets({}), policy=policy_with(), now=NOW, needs={"teir"})


def test_facts_of_other_tables_reach_the_right_ticket() -> None:
    rows = tickets({"account_id": "a1"}, {"requester_email": "x@bolt.de", "product": "mail"})
    policy = policy_with(targets=[{"level": "P1", "tier": "strategic", "respond": "5m"}])
    found = facts(
        rows,
        policy=policy,
        now=NOW,
        accounts=ACCOUNTS,
        incidents=table(Incidents, incident("i", account_id="a2")),
        readings=levels((0, 1, 0, 0), (0, 0, 1, 0)).reverse(),
    )
    assert found["level"].to_list() == ["P1", "P2"]
    assert found["tier"].to_list() == ["strategic", "free"]
    assert found["open_incidents"].to_list() == [0, 1]
    assert found["target_row"].n_unique() == 2
    assert found["minutes_left"].to_list() == [5 - found["age_p1"][0], 240 - found["age_p2"][1]]


def test_a_text_says_how_many_are_affected_where_the_ticket_does_not() -> None:
    read = levels((0, 0, 0, 1), (0, 0, 0, 1)).with_columns(read_users=pl.lit(7), read_language=pl.lit("fr"))
    found = facts(tickets({"affected_users": 3, "language": "de"}, {}), policy=policy_with(), now=NOW, readings=read)
    assert found["affected_users"].to_list() == [3, 7]
    assert found["language"].to_list() == ["de", "fr"]


def test_readings_that_lack_a_ticket_are_an_error() -> None:
    with pytest.raises(InputError, match="the readings lack 1 of the tickets"):
        facts(tickets({}, {}), policy=policy_with(), now=NOW, readings=levels((0, 0, 0, 1)))


def test_the_customer_at_a_glance() -> None:
    rows = tickets(
        {"requester_email": "ann@acme.com", "product": "mail"},
        {"account_id": "a1", "status": "solved", "solved_at": NOW - DAY / 2, "csat": 0.5, "escalated": True},
        {"requester_email": "ann@acme.com", "created_at": NOW - 2 * DAY, "solved_at": NOW + DAY, "status": "solved"},
        {"requester_email": "ann@acme.com", "created_at": NOW + DAY},
        {"requester_email": "eve@bolt.de"},
    )
    incidents = table(Incidents, incident("i1", product="Mail", level="P1"), incident("i2", product="chat"))
    found = glance("T0", rows, NOW, accounts=ACCOUNTS, incidents=incidents)
    assert (found.account_id, found.account_name, found.account_match) == ("a1", "Ácme, Inc.", "domain")
    assert (found.tier, found.days_to_renewal) == ("strategic", 1.5)
    assert [i.incident_id for i in found.incidents] == ["i1"]
    assert [(p.ticket_id, p.status, p.csat, p.same_requester) for p in found.last_tickets] == [
        ("T1", "solved", 0.5, False),
        ("T2", "open", None, True),
    ]
    assert (found.requester_tickets_90d, found.account_tickets_90d, found.account_escalations_90d) == (1, 2, 1)
    assert found.account_csat_90d == 0.5


def test_a_glance_without_any_other_table() -> None:
    found = glance("T0", tickets({"account_name": "Zed"}), NOW)
    assert (found.account_name, found.tier, found.incidents, found.last_tickets) == ("Zed", None, (), ())
    with pytest.raises(InputError, match="no such ticket"):
        glance("T9", tickets({}), NOW)
