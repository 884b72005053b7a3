"""Policies, findings and differences as people and programs want them: tables, or one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tidegate.cli.support import console, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import polars as pl
    from rich.table import Table

    from tidegate.policy.compare import Change
    from tidegate.policy.findings import Finding
    from tidegate.policy.model import Policy

_FIRST: Final = 50
_STYLES: Final = {"error": "red", "warning": "yellow"}
_RANKING: Final = ("method", "horizon", "missed", "target_power", "now_when", "escalate_late", "outlook")


def write_refused(file: str, findings: Sequence[str], output: str) -> None:
    """Write why a policy was refused."""
    if output == "json":
        rows = [{"severity": "error", "text": text} for text in findings]
        return _print_json({"file": file, "ok": False, "findings": rows})
    for text in findings:
        console().print(f"[red]error[/]  {_safe(text)}", soft_wrap=True)
    return _print_count(len(findings), 0)


def write_findings(file: str, findings: Sequence[Finding], output: str) -> None:
    """Write what was found in a policy that loads."""
    errors = sum(finding.severity == "error" for finding in findings)
    if output == "json":
        fields = ("severity", "line", "key", "value", "message", "mend")
        rows = [
            {name: getattr(finding, name) for name in fields} | {"text": finding.text(file)} for finding in findings
        ]
        return _print_json({"file": file, "ok": errors == 0, "findings": rows})
    for finding in findings:
        style = _STYLES[finding.severity]
        console().print(f"[{style}]{finding.severity:7}[/] {_safe(finding.text(file))}", soft_wrap=True)
    return _print_count(errors, len(findings) - errors)


def _print_count(errors: int, warnings: int) -> None:
    if not errors and not warnings:
        return console().print("[green]ok[/]: nothing to mend")
    counts = [f"{n} {name}{'s' * (n != 1)}" for n, name in ((errors, "error"), (warnings, "warning")) if n]
    return console().print(", ".join(counts))


def write_description(described: dict[str, Any], output: str) -> None:
    """Write a policy as it is understood."""
    if output == "json":
        return _print_json(described)
    policy, out = described["policy"], console()
    out.print(f"[bold]{_safe(described['name'])}[/], version {described['version']}, hash {described['hash']}")
    for name, calendar in {"business": policy["calendar"], **policy["calendars"]}.items():
        out.print(_calendar_line(name, calendar))
    out.print(_levels(policy["levels"]))
    out.print(_targets(described["targets"]))
    out.print(_pairs("ranking", _ranking_pairs(policy["ranking"])))
    out.print(_pairs("clocks", policy["clocks"].items()))
    out.print(_pairs("value", ((key, _compact(value)) for key, value in policy["value"].items() if value)))
    out.print(_given(policy["given"]))
    return out.print(_rules(policy["rules"], described["rules"]))


def _calendar_line(name: str, calendar: dict[str, Any]) -> str:
    hours = "; ".join(f"{days} {spans}" for days, spans in calendar["hours"].items())
    return _safe(f"hours {name}: {hours}, {calendar['timezone']}, holidays {calendar['holidays'] or 'none'}")


def _levels(levels: dict[str, dict[str, Any]]) -> Table:
    table = _table("level", ">respond", ">next", ">resolve", "clock", ">severity", "means")
    for level in sorted(levels):
        rule = levels[level]
        cells = [rule[key] for key in ("respond", "next", "resolve", "clock")]
        table.add_row(level, *map(_safe, cells), f"{rule['severity']:g}", _safe(rule["means"]))
    return table


def _targets(rows: list[dict[str, Any]]) -> Table:
    table = _table("clock", "tier", "group", *(f">{level} min" for level in rows[0]["minutes"]), ">weights")
    for row in rows:
        weight = " ".join(f"{value:.3g}" for value in row["weight"].values())
        minutes = (f"{value:g}" for value in row["minutes"].values())
        clock = row["clock"].replace("_", " ")
        table.add_row(clock, _safe(row["tier"] or "-"), _safe(row["group"] or "-"), *minutes, weight)
    return table


def _ranking_pairs(ranking: dict[str, Any]) -> Iterable[tuple[str, str]]:
    yield from ((key, _compact(ranking[key])) for key in _RANKING)
    yield "aged", _compact(ranking["aged"])
    yield "weights", _compact(ranking["weights"])


def _given(given: dict[str, Any]) -> Table:
    table = _table("filed as", *(f">{level}" for level in ("P0", "P1", "P2", "P3")))
    for filed, row in (*sorted(given["confusion"].items()), ("nothing", given["unknown"])):
        table.add_row(filed, *(f"{value:.1%}" for value in row))
    return table


def _rules(rules: list[dict[str, Any]], needs: list[dict[str, Any]]) -> Table:
    table = _table("rule", "then", "needs")
    for rule, need in zip(rules, needs, strict=True):
        then = {key: value for key, value in rule["then"].items() if value not in (None, False)}
        table.add_row(_safe(rule["name"]), _safe(_compact(then)), _safe(", ".join(need["columns"]) or "-"))
    return table


def write_difference(
    before: Policy,
    after: Policy,
    changes: Sequence[Change],
    queues: tuple[pl.DataFrame, pl.DataFrame] | None,
    *,
    top: int,
    output: str,
) -> None:
    """Write what two policies say differently and, where tickets were ranked under both, what moves."""
    from tidegate.policy.compare import moved, summary

    counts = summary(*queues) if queues else None
    moves = moved(*queues) if queues else None
    if output == "json":
        sides = {"before": before, "after": after}
        answer: dict[str, Any] = {
            name: {"name": policy.name, "version": policy.version, "hash": policy.hash}
            for name, policy in sides.items()
        }
        answer["changes"] = [{"key": change.key, "before": change.before, "after": change.after} for change in changes]
        answer |= {"summary": counts, "moved": moves.to_dicts() if moves is not None else None}
        return _print_json(answer)
    _print_changes(changes)
    if counts is not None and moves is not None:
        _print_moves(counts, moves, top)
    return None


def _print_changes(changes: Sequence[Change]) -> None:
    if not changes:
        return console().print("the policies say the same")
    table = _table("key", "before", "after")
    for change in changes:
        table.add_row(_safe(change.key), *(_safe(_compact(side)) for side in (change.before, change.after)))
    return console().print(table)


def _print_moves(counts: dict[str, Any], moves: pl.DataFrame, top: int) -> None:
    out = console()
    out.print(
        f"{counts['moved']:,} of {counts['tickets']:,} tickets move to another level or lane; "
        f"{counts['same_top_50']} of the first {min(_FIRST, counts['tickets'])} stay among them; "
        f"a ticket moves {counts['mean_positions']:g} places on average"
    )
    for name in ("level", "lane"):
        if counts[name]:
            out.print(f"{name}: " + ", ".join(f"{move} {count:,}" for move, count in counts[name].items()))
    table = _table("ticket", ">#", "level", "lane", ">places", ">points")
    for row in moves.head(top).iter_rows(named=True):
        pairs = (_arrow(row[f"{name}_before"], row[f"{name}_after"]) for name in ("position", "level", "lane"))
        gained = (
            "-" if row[name] is None else f"{row[name]:+,.{digits}f}"
            for name, digits in (("positions", 0), ("points", 1))
        )
        table.add_row(_safe(row["ticket_id"]), *pairs, *gained)
    if moves.height:
        out.print(table)
    if moves.height > top:
        out.print(f"and {moves.height - top:,} more; --top shows more, --format json all")


def _arrow(before: object, after: object) -> str:
    return (
        str(after) if before == after else f"{'-' if before is None else before} -> {'-' if after is None else after}"
    )


def _table(*columns: str) -> Table:
    """Make a table; a column whose name starts with > is aligned to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    return table


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> Table:
    table = _table(title, "")
    for key, value in pairs:
        table.add_row(key, _safe(value))
    return table


def _compact(value: object) -> str:
    """Write a value on one line, as a policy file would."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_compact(part)}" for key, part in value.items() if part is not None)
    if isinstance(value, list):
        return ", ".join(_compact(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _safe(text: object) -> str:
    """Text from a file: data, never markup, and without control characters."""
    from rich.markup import escape

    return escape(printable(str(text)))


def _print_json(value: object) -> None:
    """Print one JSON object; characters outside the basic plane are written as they are."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 - the result, for programs
