"""What a policy means, looked at before it goes live: promises that contradict each other, rows that can never count.

`policy.loading` refuses a file that cannot be understood. What is found here can be understood, but does not hold
together (an error), or is probably not what was meant (a warning).
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.policy.acting_checks import check_acting
from tidegate.policy.calendar_checks import check_calendars
from tidegate.policy.findings import Finding, Lines, nearest
from tidegate.policy.rule_checks import check_rules, check_rules_on
from tidegate.policy.targets import target_table, weights
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from tidegate.policy.findings import Path
    from tidegate.policy.model import Policy, Row4, Target

_FIELD: Final = {"first_response": "respond", "next_response": "next", "resolution": "resolve"}
_FIELDS: Final = tuple(_FIELD.values())
_TOLERANCE: Final = 1e-6
_RARELY: Final = 20
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_WORDS: Final = {
    "lifecycle": ("trial", "onboarding", "active", "churning"),
    "payment": ("ok", "failed", "overdue", "disputed"),
}


def check(policy: Policy, facts: pl.DataFrame | None = None, *, lines: Lines | None = None) -> list[Finding]:
    """Look for what does not hold together.

    Parameters
    ----------
    policy
        A policy that loaded.
    facts
        Tickets to try the rules on: rules that hold for none or for all of them are found. Facts that are not in it
        count as missing.
    lines
        The line of each key, as `policy.loading.load_marked` gives it; without it findings have no line.

    Returns
    -------
    list of Finding
        Errors and warnings in the order of the file; empty if all is well.
    """
    findings = [*check_calendars(policy), *_check_severities(policy), *_check_zero(policy)]
    if not any(finding.severity == "error" for finding in findings):
        findings += [*_check_order(policy), *_check_missed(policy)]
    findings += [*_check_targets(policy), *_check_ranking(policy), *_check_value(policy), *_check_given(policy)]
    findings += [*check_rules(policy), *check_acting(policy)]
    if facts is not None:
        findings += check_rules_on(policy, facts)
    if lines is not None:
        findings = [finding.placed(lines) for finding in findings]
    return sorted(findings, key=lambda finding: finding.line or 0)


def _check_severities(policy: Policy) -> Iterator[Finding]:
    for (level, severity), (lower, less) in pairwise(zip(LEVELS, policy.severity, strict=True)):
        if less > severity:
            message = f"is less than that of {lower}, {less:g}"
            yield Finding(path=("levels", level, "severity"), value=severity, message=message, mend="let them fall")
        elif less == severity:
            message = f"is the same as that of {lower}: the two differ by their targets only"
            yield Finding(severity="warning", path=("levels", level, "severity"), value=severity, message=message)


def _check_zero(policy: Policy) -> Iterator[Finding]:
    parts: list[tuple[Path, object]] = [(("levels", level), policy.levels[level]) for level in LEVELS]
    parts += [(("targets", index), target) for index, target in enumerate(policy.targets)]
    durations = [((*path, field), getattr(part, field)) for path, part in parts for field in _FIELDS]
    for path, duration in [*durations, (("ranking", "horizon"), policy.ranking.horizon)]:
        if duration is not None and duration.amount == 0:
            yield Finding(path=path, value=str(duration), message="must be longer than 0")


def _check_order(policy: Policy) -> Iterator[Finding]:
    """Find levels with more time than a less urgent one, for any clock, tier and group."""
    table = target_table(policy)
    for row, (clock, tier, group) in enumerate(table.frame.select("clock", "tier", "group").rows()):
        if clock not in _FIELD:
            continue
        for k in np.flatnonzero(np.diff(table.minutes[row]) < 0):
            field, level, lower = _FIELD[clock], LEVELS[k], LEVELS[k + 1]
            path, lower_path = (_path_of(policy, name, field, tier, group) for name in (level, lower))
            path = max(path, lower_path, key=lambda place: place[0] == "targets")
            yield Finding(
                path=path,
                value=f"{table.minutes[row, k]:g} minutes",
                message=f"{level} has more time than {lower}, {table.minutes[row, k + 1]:g} minutes{_who(tier, group)}",
                mend=f"give {level} at most the time of {lower}",
            )


def _path_of(policy: Policy, level: str, field: str, tier: str | None, group: str | None) -> tuple[str | int, ...]:
    """Where the target that holds for a tier and a group stands."""
    for index, target in enumerate(policy.targets):
        fits = target.level == level and target.tier in (None, tier) and target.group in (None, group)
        if fits and getattr(target, field) is not None:
            return ("targets", index, field)
    return ("levels", level, field)


def _who(tier: str | None, group: str | None) -> str:
    named = [f"tier {tier}"] * bool(tier) + [f"group {group}"] * bool(group)
    return f", for {' and '.join(named)}" if named else ""


def _check_missed(policy: Policy) -> Iterator[Finding]:
    """Hold guarantee 2 of the ranking: probability moved to a more urgent level is never fewer points."""
    table = target_table(policy)
    weight = weights(policy, table)[: table.none]
    ratio = weight[:, 1:] / weight[:, :-1]
    row, k = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    least = float(ratio[row, k])
    if least <= policy.ranking.missed + _TOLERANCE or least > 1:  # over 1 only if the levels are out of order
        return
    clock, tier, group = table.frame.row(int(row))[1:]
    where = f"{LEVELS[k + 1]} weighs {least:.3g} times {LEVELS[k]} in {_FIELD[clock]}{_who(tier, group)}"
    yield Finding(
        path=("ranking", "missed"),
        value=policy.ranking.missed,
        message=f"a late ticket could lose points by turning out to be more urgent, as {where}",
        mend=f"the least that holds is {math.ceil(least * 1000) / 1000:g}",
    )


def _check_targets(policy: Policy) -> Iterator[Finding]:
    for index, target in enumerate(policy.targets):
        fields = [field for field in _FIELDS if getattr(target, field) is not None]
        covers = {
            field: next((i for i, other in enumerate(policy.targets[:index]) if _covers(other, target, field)), None)
            for field in fields
        }
        if not fields:
            yield Finding(path=("targets", index), message="sets no target", mend=f"give {' or '.join(_FIELDS)}")
        elif None not in covers.values():
            rows = ", ".join(f"targets[{i + 1}]" for i in dict.fromkeys(covers.values()) if i is not None)
            yield Finding(
                path=("targets", index),
                message=f"can never count: {rows} fits every ticket that it fits, and stands first",
                mend="put the narrower row first, or delete this one",
            )
        if target.tier is not None and policy.value.tier and target.tier not in policy.value.tier:
            mend = f"valid: {', '.join(policy.value.tier)}, or add it to value.tier"
            yield Finding(
                severity="warning",
                path=("targets", index, "tier"),
                value=target.tier,
                message="is not a tier of value.tier",
                mend=mend,
            )


def _covers(earlier: Target, later: Target, field: str) -> bool:
    return (
        earlier.level == later.level
        and earlier.tier in (None, later.tier)
        and earlier.group in (None, later.group)
        and getattr(earlier, field) is not None
    )


def _check_ranking(policy: Policy) -> Iterator[Finding]:
    ranking = policy.ranking
    total = sum(ranking.weights.model_dump().values())
    if abs(total - 100) > _TOLERANCE:
        used = ranking.method == "weighted-sum"
        message = "the weights are percentages and must sum to 100"
        yield Finding(
            severity="error" if used else "warning", path=("ranking", "weights"), value=total, message=message
        )
    if 0 < ranking.aged.every < _RARELY:
        message = "hands out aged tickets so often that most of the ranking's gain is lost"
        path = ("ranking", "aged", "every")
        yield Finding(
            severity="warning", path=path, value=ranking.aged.every, message=message, mend="50 is a good start"
        )
    for index, code in enumerate(policy.review.languages):
        if not _LANGUAGE.fullmatch(code):
            path = ("review", "languages", index)
            yield Finding(path=path, value=code, message="is not an ISO 639-1 code", mend="write en, de, fr, ...")


def _check_value(policy: Policy) -> Iterator[Finding]:
    """Compare the words of the value factors with what the columns hold."""
    value = policy.value
    for factor, names in (("tier", value.tier), ("lifecycle", value.lifecycle), ("payment", value.payment)):
        known = _WORDS.get(factor, ())
        for name in names:
            path = ("value", factor, name)
            if name != name.lower():
                message, mend = "the columns hold lower case: this never counts", f"write {name.lower()!r}"
                yield Finding(severity="warning", path=path, message=message, mend=mend)
            elif known and name not in known:
                near = nearest(name, known)
                mend = (f"did you mean {near!r}? " if near else "") + f"usual: {', '.join(known)}"
                yield Finding(severity="warning", path=path, message="is not one of the usual words", mend=mend)
    if value.renewal is not None and value.renewal.within.amount == 0:
        path = ("value", "renewal", "within")
        yield Finding(severity="warning", path=path, value="0m", message="no renewal is ever within it")


def _check_given(policy: Policy) -> Iterator[Finding]:
    rows: dict[Path, Row4] = {("given", "confusion", level): row for level, row in policy.given.confusion.items()}
    rows["given", "unknown"] = policy.given.unknown
    for path, row in rows.items():
        if abs(total := sum(row) - 1) > _TOLERANCE:
            message = f"the probabilities of P0, P1, P2 and P3 must sum to 1, not {total + 1:g}"
            yield Finding(path=path, value=str(list(row)), message=message)
    for level in LEVELS:
        if level not in policy.given.confusion:
            message = f"has no row for {level}: a ticket that was filed so counts as if nothing had been filed"
            yield Finding(severity="warning", path=("given", "confusion"), message=message)
