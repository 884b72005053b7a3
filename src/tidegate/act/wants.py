"""What rules, lanes and routes ask for: a row a ticket, kind, target and cause, before anything is put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.policy.model import Effect, Policy

WANTS: Final = {"ticket_id": pl.String, "kind": pl.String, "target": pl.String, "who": pl.String, "cause": pl.String}
OUTWARD: Final = frozenset({"page", "notify", "escalate"})
"""Kinds that reach people at once: an old backlog that is seen for the first time sets none of these off."""


def wants(seen: pl.DataFrame, routes: pl.DataFrame | None, policy: Policy) -> pl.DataFrame:
    """Collect what is asked for.

    Parameters
    ----------
    seen
        As `seen.complete` gives it.
    routes
        As `tables.Routes`; None where nothing was routed.
    policy
        Its rules and `actions`.

    Returns
    -------
    DataFrame
        Columns of `WANTS`. ``target`` is a channel (page, notify), a group (escalate), a label (tag), an agent or group
        (assign), a draft's name, else null; ``who`` is whom the rule names. Kinds that are not enabled are left out.
    """
    enabled = set(policy.actions.enabled)
    parts = [*_of_rules(seen, policy), *_of_lanes(seen, policy)]
    if routes is not None:
        parts += _of_routes(seen, routes)
    if not parts:
        return pl.DataFrame(schema=WANTS)
    return pl.concat(parts).filter(pl.col("kind").is_in(enabled)).unique(maintain_order=True)


def _rows(
    tickets: pl.DataFrame, kind: str, cause: str, target: str | None = None, who: str | None = None
) -> pl.DataFrame:
    return tickets.select(
        "ticket_id",
        kind=pl.lit(kind),
        target=pl.lit(target, pl.String),
        who=pl.lit(who, pl.String),
        cause=pl.lit(cause),
    )


def _of_rules(seen: pl.DataFrame, policy: Policy) -> Iterator[pl.DataFrame]:
    for rule in policy.rules:
        asked = list(_of_effect(rule.then, policy))
        if not asked:
            continue
        held = seen.filter(pl.col("rules").list.contains(rule.name))
        for kind, target, who in asked if held.height else ():
            of_kind = held.filter(~pl.col("tags").list.contains(target)) if kind == "tag" else held
            yield _rows(of_kind, kind, f"rule: {rule.name}", target, who)


def _of_effect(then: Effect, policy: Policy) -> Iterator[tuple[str, str | None, str | None]]:
    """Say what one rule asks for: kind, target, and whom it names."""
    for kind, who in (("page", then.page), ("notify", then.notify)):
        if who:
            for channel in policy.actions.channels.get(who, ()) or (None,):
                yield kind, channel, who
    if then.escalate:
        group = then.escalate if isinstance(then.escalate, str) else policy.actions.escalate_to
        yield "escalate", group, group
    if then.tag:
        yield "tag", then.tag.lower(), None
    if then.review:
        yield "review", None, None
    if isinstance(then.draft, str) and then.draft in policy.actions.drafts:
        yield "draft", then.draft, None


def _of_lanes(seen: pl.DataFrame, policy: Policy) -> Iterator[pl.DataFrame]:
    """Escalations and reviews that no rule asked for: a missed urgent target, a level that is not sure."""
    asking = [rule.name for rule in policy.rules if rule.then.escalate]
    unasked = ~pl.col("rules").list.eval(pl.element().is_in(asking)).list.any()
    late = seen.filter((pl.col("lane") == "escalate") & unasked)
    group = policy.actions.escalate_to
    yield _rows(late, "escalate", "lane escalate", group, group)
    doubted = [rule.name for rule in policy.rules if rule.then.review]
    unsure = ~pl.col("rules").list.eval(pl.element().is_in(doubted)).list.any()
    yield _rows(seen.filter(pl.col("review") & unsure), "review", "level not sure")


def _of_routes(seen: pl.DataFrame, routes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Assign what is sure, review what is not; a group that a ticket has already is nothing new."""
    named = routes.join(seen.select("ticket_id", has="group"), on="ticket_id", how="inner", maintain_order="left")
    to = pl.coalesce("agent_id", pl.format("group {}", "group"))
    new = pl.col("agent_id").is_not_null() | ~pl.col("group").eq_missing(pl.col("has"))
    sure = named.filter("automatic", new, to.is_not_null())
    for kind in ("assign", "note"):
        yield sure.select(
            "ticket_id",
            kind=pl.lit(kind),
            target=to if kind == "assign" else pl.lit(None, pl.String),
            who=to,
            cause=pl.format("route to {}", to),
        )
    yield _rows(
        named.filter(~pl.col("automatic"), pl.any_horizontal(pl.col("agent_id", "group").is_not_null())),
        "review",
        "route not sure",
    )
