"""Measures as plain values, for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.measure.catalogue import CATALOGUE
from tidegate.report.figures import mood, warns

if TYPE_CHECKING:
    from tidegate.report.comparison import Measured, Side


def payload(report: Measured) -> dict[str, Any]:
    """Everything that was measured, ready for JSON: times as ISO 8601 texts, what is not known as null."""
    compared = report.other is not None
    found = {
        "period": _side(report.side),
        "measures": [_measure(row, compared=compared) for row in report.results.iter_rows(named=True)],
        "findings": report.side.ledger.findings.to_dicts(),
    }
    return found if report.other is None else {**found, "compared_with": _side(report.other)}


def _side(side: Side) -> dict[str, Any]:
    return {
        "from": side.period.start.isoformat(),
        "to": side.period.end.isoformat(),
        "as_of": side.ledger.as_of.isoformat(),
        "recontact_window_days": side.ledger.window_days,
        "policy": {"name": side.policy.name, "version": side.policy.version, "hash": side.policy.hash},
    }


def _measure(row: dict[str, Any], *, compared: bool) -> dict[str, Any]:
    measure = CATALOGUE[row["name"]]
    kept = {key: row[key] for key in ("name", "segment", "value", "low", "high", "n", "unit", "definition")}
    kept |= {
        "title": measure.title,
        "family": measure.family,
        "interval": measure.interval,
        "leading": measure.leading,
        "better": measure.better or None,
        "beside": list(measure.beside),
        "warns": warns(measure, row["value"]),
    }
    if compared:
        kept["other"] = {key: row[f"other_{key}"] for key in ("value", "low", "high", "n")}
        kept["change"] = {"value": row["change"], "low": row["change_low"], "high": row["change_high"]}
        kept["mood"] = mood(measure, row["change"], clear=row["clear"])
    return kept


__all__ = ["payload"]
