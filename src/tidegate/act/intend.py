"""From decisions to intended actions, as a table. Pure: a dry run, a replay and production take the same path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.act.impact import Impact, clusters, impact
from tidegate.act.keys import key
from tidegate.act.seen import complete
from tidegate.act.wants import OUTWARD, wants
from tidegate.policy.actions import Template
from tidegate.policy.templates import fill
from tidegate.tables.contracts import Actions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tidegate.policy.model import Policy

DONE: Final = {
    "ticket_id": pl.String,
    "kind": pl.String,
    "target": pl.String,
    "episode": pl.Int32,
    "causes": pl.List(pl.String),
}
STANDING: Final = {"target": pl.String, "tickets": pl.List(pl.String)}
_REASONS: Final = 3
_TITLE: Final = 200
_BODY: Final = 20_000


def intend(
    seen: pl.DataFrame,
    policy: Policy,
    now: datetime,
    *,
    routes: pl.DataFrame | None = None,
    others: pl.DataFrame | None = None,
    done: pl.DataFrame | None = None,
    standing: pl.DataFrame | None = None,
    link: Callable[[str], str] = lambda _: "",
) -> pl.DataFrame:
    """Say what should happen because of what was decided.

    Parameters
    ----------
    seen
        Tickets whose decision changed, with the columns of `seen.SEEN`; what is missing altogether counts as null.
    policy, now
        What the team decided, and the moment of asking.
    routes
        As `tables.Routes`, for these tickets.
    others
        All open tickets, as ``seen``, among which escalations look for linked ones; None is ``seen`` alone.
    done
        What was recorded before, with the columns of `DONE`: the same causes are not acted upon again.
    standing
        Escalations that are open, with the columns of `STANDING`: their tickets are not escalated again there.
    link
        Gives the address of a ticket.

    Returns
    -------
    DataFrame valid by `tables.Actions`
        By ticket, then kind. Several new causes for one kind and target make one action. A ticket that is seen for the
        first time and is older than ``actions.backlog`` pages, notifies and escalates nobody.
    """
    shown = complete(seen)
    asked = _new(_fresh(wants(shown, routes, policy), shown, policy, now), shown, done)
    all_of = shown if others is None else pl.concat([shown, complete(others).join(shown, on="ticket_id", how="anti")])
    writer = _Writer(policy, now, shown, routes, link)
    rows = [*writer.plain(asked.filter(pl.col("kind") != "escalate"))]
    rows += writer.escalations(asked.filter(pl.col("kind") == "escalate"), all_of, standing)
    table = pl.DataFrame(rows, schema={name: column.dtype for name, column in Actions.columns().items()})
    return table.sort("ticket_id", "kind", "target", "key", nulls_last=True)


def _fresh(asked: pl.DataFrame, seen: pl.DataFrame, policy: Policy, now: datetime) -> pl.DataFrame:
    """Leave out what an old backlog, seen for the first time, would set off."""
    age = (pl.lit(now) - pl.col("created_at")).dt.total_minutes()
    old = seen.filter("first", age > policy.actions.backlog.minutes())["ticket_id"]
    return asked.filter(~(pl.col("kind").is_in(OUTWARD) & pl.col("ticket_id").is_in(old.implode())))


def _new(asked: pl.DataFrame, seen: pl.DataFrame, done: pl.DataFrame | None) -> pl.DataFrame:
    """Group by ticket, kind and target, with the causes that were not acted upon in this episode."""
    own = asked.join(seen.select("ticket_id", episode="reopens"), on="ticket_id", how="left", maintain_order="left")
    if done is not None and done.height:
        past = done.select(pl.col(name).cast(dtype) for name, dtype in DONE.items()).explode("causes")
        past = past.rename({"causes": "cause"})
        keys = ["ticket_id", "kind", "target", "episode", "cause"]
        own = own.join(past, on=keys, how="anti", nulls_equal=True, maintain_order="left")
    return own.group_by("ticket_id", "kind", "target", "who", "episode", maintain_order=True).agg(causes="cause")


class _Writer:
    """Puts actions into words."""

    def __init__(
        self, policy: Policy, now: datetime, seen: pl.DataFrame, routes: pl.DataFrame | None, link: Callable[[str], str]
    ) -> None:
        self._policy, self._now, self._link = policy, now, link
        self._tickets = {row["ticket_id"]: row for row in seen.iter_rows(named=True)}
        self._routes = {} if routes is None else {row["ticket_id"]: row for row in routes.iter_rows(named=True)}

    def plain(self, asked: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """Write everything but escalations."""
        for row in asked.iter_rows(named=True):
            ticket, kind = self._tickets[row["ticket_id"]], row["kind"]
            payload = {"who": row["who"]} if row["who"] else {}
            if kind in ("assign", "review") and row["ticket_id"] in self._routes:
                payload |= self._route(row["ticket_id"]) | {"had": ticket["assignee"]}
            yield self._action(row, ticket, row["ticket_id"], self._values(ticket, row), payload)

    def escalations(
        self, asked: pl.DataFrame, all_of: pl.DataFrame, standing: pl.DataFrame | None
    ) -> Iterator[dict[str, Any]]:
        """Write one escalation for all tickets that share an incident or are about the same thing."""
        open_ = standing if standing is not None else pl.DataFrame(schema=STANDING)
        taken = {(row["target"], ticket) for row in open_.iter_rows(named=True) for ticket in row["tickets"]}
        grouped = all_of.with_columns(cluster=clusters(all_of))
        of = dict(grouped.select("ticket_id", "cluster").iter_rows())
        written: set[tuple[str, str | None]] = set()
        for row in asked.iter_rows(named=True):
            cluster = of[row["ticket_id"]]
            if (row["target"], row["ticket_id"]) in taken or (cluster, row["target"]) in written:
                continue
            written.add((cluster, row["target"]))
            linked = grouped.filter(pl.col("cluster") == cluster)
            if any((row["target"], ticket) in taken for ticket in linked["ticket_id"]):
                continue
            yield self._escalation(row, cluster, impact(linked, self._now), linked)

    def _escalation(self, row: dict[str, Any], cluster: str, stake: Impact, linked: pl.DataFrame) -> dict[str, Any]:
        ticket = self._tickets[row["ticket_id"]]
        quotes = linked["evidence"].explode().drop_nulls().unique(maintain_order=True).head(_REASONS).to_list()
        level = linked["level"].min()
        values = self._values(ticket, row) | {"impact": stake.text(), "linked": stake.linked(), "level": str(level)}
        payload = stake.payload() | {"cluster": cluster, "level": level, "quotes": quotes, "who": row["who"]}
        about = cluster if cluster.startswith("incident ") else row["ticket_id"]
        return self._action(row, ticket, about, values, payload)

    def _action(
        self, row: dict[str, Any], ticket: dict[str, Any], about: str, values: dict[str, str], payload: dict[str, Any]
    ) -> dict[str, Any]:
        kind = row["kind"]
        template = self._template(kind, row["target"])
        title = fill(template.title, values) if template else f"{kind}: {row['target'] or '; '.join(row['causes'])}"
        body = fill(template.body, values) if template else values["reasons"]
        counted = [] if kind == "escalate" else row["causes"]
        return {
            "key": key(about, kind, row["target"], counted, row["episode"]),
            "ticket_id": ticket["ticket_id"],
            "kind": kind,
            "target": row["target"],
            "causes": row["causes"],
            "episode": row["episode"],
            "title": " ".join(title.split())[:_TITLE],
            "body": body[:_BODY],
            "payload": json.dumps(payload, ensure_ascii=False, sort_keys=True),
        }

    def _template(self, kind: str, target: str | None) -> Template | None:
        if kind == "draft" and target is not None:
            return Template(title="Draft of an answer: {target}", body=self._policy.actions.drafts[target])
        return getattr(self._policy.actions.templates, kind, None)

    def _route(self, ticket_id: str) -> dict[str, Any]:
        route = self._routes[ticket_id]
        return {name: route[name] for name in ("agent_id", "group", "confidence", "reasons", "alternatives")}

    def _values(self, ticket: dict[str, Any], row: dict[str, Any]) -> dict[str, str]:
        reasons = ticket["reasons"]
        if row["kind"] in ("assign", "note") and ticket["ticket_id"] in self._routes:
            reasons = self._routes[ticket["ticket_id"]]["reasons"]
        due = ticket["due_at"]
        return {
            "ticket": ticket["ticket_id"],
            "subject": " ".join((ticket["subject"] or "").split()),
            "level": ticket["level"],
            "lane": ticket["lane"],
            "points": f"{ticket['points']:.1f}",
            "due": f"{due:%Y-%m-%d %H:%M} UTC" if due else "without a target",
            "left": _left(ticket["minutes_left"]),
            "cause": "; ".join(cause.removeprefix("rule: ") for cause in row["causes"]),
            "reasons": "; ".join(reasons[:_REASONS]),
            "target": row["who"] or row["target"] or "",
            "account": ticket["account_name"] or ticket["account_id"] or "account unknown",
            "owner": ticket["owner"] or "",
            "link": self._link(ticket["ticket_id"]),
        }


def _left(minutes: float | None) -> str:
    if minutes is None:
        return "no clock runs"
    whole = abs(round(minutes))
    hours, rest = divmod(whole, 60)
    said = f"{hours} h {rest:02d}" if hours else f"{rest} min"
    return f"missed by {said}" if minutes < 0 else f"in {said}"
