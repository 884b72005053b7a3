"""Checks: each with a policy that passes (the starter) and one that does not."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from tidegate.policy.checks import check
from tidegate.policy.loading import load, load_marked
from tidegate.policy.targets import target_table, weights
from tidegate.tables.facts import FACTS

if TYPE_CHECKING:
    from tidegate.policy.findings import Finding

STARTER = (resources.files("tidegate.policy") / "starter.yml").read_text(encoding="utf-8")


def found(text: str, facts: pl.DataFrame | None = None) -> list[Finding]:
    policy, _, lines = load_marked(text)
    return check(policy, facts, lines=lines)


@pytest.mark.parametrize("name", ["starter", "playbook"])
def test_shipped_policies_hold_together(name: str) -> None:
    policy, _, lines = load_marked(name)
    assert check(policy, lines=lines) == []


TARGETS = "targets: []"
STRATEGIC = "{level: P1, tier: strategic, respond: 15m}"


@pytest.mark.parametrize(
    ("old", "new", "severity", "key", "said"),
    [
        ("severity: 6", "severity: 1.5", "error", "levels.P1.severity", "is less than that of P2, 2"),
        ("severity: 6", "severity: 2", "warning", "levels.P1.severity", "is the same as that of P2"),
        ("respond: 30m", "respond: 5h", "error", "levels.P1.respond", "P1 has more time than P2, 240 minutes"),
        ("resolve: 2h", "resolve: 9h", "error", "levels.P0.resolve", "P0 has more time than P1, 510 minutes"),
        ("next: 30m", "next: 0m", "error", "levels.P0.next", "must be longer than 0"),
        ("horizon: 1h", "horizon: 0", "error", "ranking.horizon", "must be longer than 0"),
        ("missed: 0.5", "missed: 0.2", "error", "ranking.missed", "P3 weighs 0.341 times P2 in resolve"),
        ("Europe/London", "Europe/Londn", "error", "calendar.timezone", "did you mean 'Europe/London'?"),
        ("Europe/London", "/etc/passwd", "error", "calendar.timezone", "unknown time zone"),
        ('"09:00-17:30"', '"09:00-12:00, 11:00-13:00"', "error", "calendar.hours", "the hours of mon overlap"),
        ("mon-fri:", "mon-fry:", "error", "calendar.hours", "unknown day 'fry'"),
        ('{mon-fri: "09:00-17:30"}', "{}", "error", "calendar.hours", "no day has any hours"),
        ("holidays: GB", "holidays: GX", "error", "calendar.holidays", "unknown holidays code"),
        ("holidays: GB", "holidays: DE-XX", "error", "calendar.holidays", "parts of DE: BB, BE"),
        ("holidays: GB", "closed: [2026-02-30]", "error", "calendar.closed[1]", "is not a date that exists"),
        ("clock: always", "clock: allways", "error", "levels.P0.clock", "did you mean 'always'?"),
        (TARGETS, "calendars: {always: {}}", "error", "calendars.always", "is the name of a built-in clock"),
        (TARGETS, "calendars: {tokyo: {}}", "warning", "calendars.tokyo", "no level's clock runs on it"),
        (TARGETS, f"targets: [{STRATEGIC}, {STRATEGIC}]", "error", "targets[2]", "can never count: targets[1] fits"),
        (
            TARGETS,
            "targets: [{level: P1, respond: 1h}, " + STRATEGIC + "]",
            "error",
            "targets[2]",
            "narrower row first",
        ),
        (TARGETS, "targets: [{level: P1}]", "error", "targets[1]", "sets no target"),
        (TARGETS, "targets: [{level: P1, tier: gold, respond: 15m}]", "warning", "targets[1].tier", "value.tier"),
        (TARGETS, "targets: [{level: P2, tier: free, respond: 2bd}]", "error", "targets[1].respond", "for tier free"),
        ("aged: {every: 0", "aged: {every: 10", "warning", "ranking.aged.every", "50 is a good start"),
        ("coverage: 0.9", "languages: [en, German]", "error", "review.languages[2]", "ISO 639-1"),
        ("tier: {trial", "tier: {Trial", "warning", "value.tier.Trial", "write 'trial'"),
        ("payment: {failed", "payment: {faild", "warning", "value.payment.faild", "did you mean 'failed'?"),
        ("within: 30d", "within: 0d", "warning", "value.renewal.within", "no renewal is ever within it"),
        ("[0.600, ", "[0.500, ", "error", "given.confusion.P0", "must sum to 1, not 0.9"),
        ("unknown: [0.005, ", "unknown: [0.015, ", "error", "given.unknown", "must sum to 1, not 1.01"),
        ("name: open incident", "name: legal", "error", "rules[13].name", "the name stands twice, first at rules[4]"),
        (
            "when: vip",
            "when: open_incidents  >  0",
            "warning",
            "rules[7].when",
            "same condition as rule 'open incident'",
        ),
        ("when: vip", "when: 1 = 1", "warning", "rules[7].when", "looks at no column"),
        ("{at_least: P2, tag: incident}", "{at_least: P3}", "warning", "rules[4].then.at_least", "asks for nothing"),
        ("billing: [billing]", "billing: [Billing]", "warning", "routing.groups.billing[1]", "write 'billing'"),
        ("orders: [order_change", "orders: [billing", "warning", "routing.groups.orders[1]", "billing takes it"),
        ("otherwise: frontline", "otherwise: frontlin", "warning", "routing.otherwise", "did you mean 'frontline'?"),
        ("{route: retention}", "{route: retentoin}", "warning", "rules[20].then.route", "did you mean 'retention'?"),
        ("{retention: billing}", "{retention: retention}", "error", "routing.stand_in.retention", "for itself"),
        ("{retention: billing}", "{a: b, b: a}", "error", "routing.stand_in.a", "break the circle"),
        (
            "{skill: 4, language: 3, seniority: 2, success: 2,",
            "{skill: 0, language: 0, seniority: 0, success: 0,",
            "error",
            "routing.weights",
            "whether an agent can do the work",
        ),
        ("security: [security]", "secrity: [security]", "warning", "rules[1].then.page", "did you mean 'secrity'?"),
        ("legal: [legal]", "legal: []", "warning", "actions.channels.legal", "nobody would be told"),
        ("enabled: [page,", "enabled: [page, page,", "warning", "actions.enabled[2]", "stands twice"),
        ("{at_least: P2, tag: incident}", "{draft: true}", "warning", "rules[4].then.draft", "write the text there"),
        ("{at_least: P2, tag: incident}", "{draft: sorry}", "warning", "rules[4].then.draft", "nothing is written"),
        ("  templates:", "  drafts: {sorry: '{subjct}'}\n  templates:", "error", "actions.drafts.sorry", "'subject'"),
        ("{impact}", "{impct}", "error", "actions.templates.escalate.body", "did you mean 'impact'?"),
        ("{at_least: P2, tag: incident}", "{value: 1}", "warning", "rules[4].then.value", "asks for nothing"),
    ],
)
def test_what_does_not_hold_together_is_found(old: str, new: str, severity: str, key: str, said: str) -> None:
    assert old in STARTER
    text = STARTER.replace(old, new, 1)
    matching = [x for x in found(text) if x.key == key and said in x.text("own.yml")]
    assert len(matching) == 1, [x.text() for x in found(text)]
    (finding,) = matching
    assert finding.severity == severity
    last = key.rpartition(".")[2].partition("[")[0]
    assert last in text.splitlines()[(finding.line or 0) - 1]


def test_a_confusion_row_that_is_left_out_is_said() -> None:
    lines = [line for line in STARTER.splitlines() if not line.startswith("    P2: [")]
    (finding,) = found("\n".join(lines))
    assert (finding.severity, finding.key) == ("warning", "given.confusion")
    assert "has no row for P2" in finding.message


def test_weights_that_do_not_sum_to_100_are_an_error_only_where_they_are_used() -> None:
    weights_of = "weights: {impact: 35, urgency: 25, value: 20, sla_risk: 10, sentiment: 11}"
    unused = STARTER.replace("  horizon: 1h", f"  {weights_of}\n  horizon: 1h")
    used = unused.replace("method: cost-of-delay", "method: weighted-sum")
    assert [x.severity for x in found(unused)] == ["warning"]
    assert [x.severity for x in found(used)] == ["error"]
    assert found(used)[0].value == 101


def test_the_least_missed_that_holds_is_the_worst_ratio_of_neighbours() -> None:
    """Twin: the ratio of every pair of neighbours, clock by clock."""
    policy = load("starter")
    table = target_table(policy)
    worst = max(
        float(weights(policy, table)[row, k + 1] / weights(policy, table)[row, k])
        for row in range(table.none)
        for k in range(3)
    )
    for missed, holds in ((np.ceil(worst * 1000) / 1000, True), (worst - 0.001, False)):
        text = STARTER.replace("missed: 0.5", f"missed: {missed}")
        assert (found(text) == []) is holds


def test_rules_that_hold_for_none_or_all_tickets_are_counted() -> None:
    facts = pl.DataFrame(
        {"vip": [True] * 4, "open_incidents": [1, 0, 0, 0]}, schema_overrides={"open_incidents": pl.Int32}
    )
    messages = {x.key: x.message for x in found(STARTER, facts)}
    assert messages["rules[7].when"] == "rule 'VIP bypass' holds for all of the 4 tickets"
    assert messages["rules[1].when"] == "rule 'leak, breach or exposure' holds for none of the 4 tickets"
    assert "rules[4].when" not in messages


def test_a_rule_that_another_makes_idle_on_the_file_is_found() -> None:
    text = STARTER.replace("{at_least: P2, review: true, notify: account_owner}", "{at_least: P2}", 1)
    facts = pl.DataFrame({"vip": [True, False, True], "open_incidents": pl.Series([1, 1, 1], dtype=pl.Int32)})
    idle = [x for x in found(text, facts) if x.key == "rules[7].when"]
    assert [x.message for x in idle] == [
        "rule 'VIP bypass' changes nothing: 'open incident' asks for as much on all of its 2 tickets"
    ]
    other = facts.with_columns(open_incidents=pl.Series([0, 1, 1], dtype=pl.Int32))
    assert not [x for x in found(text, other) if x.key == "rules[7].when"]


def test_no_tickets_say_nothing_about_rules() -> None:
    assert found(STARTER, pl.DataFrame(schema={name: fact.dtype for name, fact in FACTS.items()})) == []


def test_without_lines_findings_have_none() -> None:
    policy = load(STARTER.replace("missed: 0.5", "missed: 0.2"))
    (finding,) = check(policy)
    assert finding.line is None
    assert finding.text().startswith("ranking.missed: ")
