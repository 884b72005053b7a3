"""Small desks: agents, and tickets that nobody has, made by hand or drawn by Hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from hypothesis import strategies as st

from tidegate.route.routes import WORK, Team
from tidegate.tables import Agents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUPS = ["billing", "technical"]
INTENTS = ["billing", "bug", "outage", None]
LANGUAGES = ["en", "de", None]


def agents(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Agents that differ from an ordinary one in the columns given."""
    ordinary: dict[str, object] = dict.fromkeys(Agents.columns())
    full = [{**ordinary, "agent_id": f"A{i}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema={name: column.dtype for name, column in Agents.columns().items()})


def work(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Tickets, the first the most pressing one, that differ from an ordinary P2 in the columns given."""
    ordinary: dict[str, object] = {**dict.fromkeys(WORK), "level": "P2", "rules": []}
    full = [{**ordinary, "ticket_id": f"T{i}", "position": i + 1, **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema=WORK)


def team(table: pl.DataFrame, held: Sequence[int] = (), ended: Sequence[tuple[str, str, int, int]] = ()) -> Team:
    schema = {"agent_id": pl.String, "intent": pl.String, "solved": pl.Int64, "well": pl.Int64}
    counts = pl.Series("held", list(held) or [0] * table.height, dtype=pl.Int64)
    return Team(agents=table, held=counts, ended=pl.DataFrame(list(ended), schema=schema, orient="row"))


some_agents = st.lists(
    st.fixed_dictionaries(
        {
            "group": st.sampled_from([*GROUPS, None]),
            "skills": st.sampled_from([["billing"], ["bug", "outage"], [], None]),
            "languages": st.sampled_from([["en"], ["en", "de"], None]),
            "seniority": st.sampled_from(["junior", "regular", "senior", None]),
            "capacity": st.sampled_from([0, 1, 2, 3, None]),
            "available": st.sampled_from([True, True, False, None]),
        }
    ),
    max_size=6,
)
some_work = st.lists(
    st.fixed_dictionaries(
        {
            "level": st.sampled_from(["P0", "P1", "P2", "P3"]),
            "group": st.sampled_from([*GROUPS, "nobody's", None]),
            "intent": st.sampled_from(INTENTS),
            "intent_confidence": st.sampled_from([0.2, 0.6, 0.95, None]),
            "language": st.sampled_from(LANGUAGES),
            "had_ticket": st.sampled_from(["A0", "A1", "gone", None]),
            "had_requester": st.sampled_from(["A0", "A2", None]),
        }
    ),
    max_size=8,
)
