"""Versions of the policy: what is kept, what is in force, who may change it, and that each change leaves a trace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from tidegate.policy.loading import built_in, load
from tidegate.server.desk import policies
from tidegate.server.desk.models import PolicyVersion
from tidegate.server.people.models import AuditEntry
from tidegate.tables.errors import InputError, PolicyError

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
WHY = "the winter rota starts today"


def changed(number: int = 1) -> str:
    """The starter policy with other words on top and another horizon."""
    return f"# version of test {number}\n" + built_in("starter").replace("horizon: 1h ", f"horizon: {number}h ")


def in_force() -> list[int]:
    return list(PolicyVersion.objects.filter(active=True).values_list("number", flat=True))


def test_a_first_start_puts_the_starter_policy_in_force() -> None:
    version = policies.policy_ensure()
    assert (version.number, version.active, version.hash) == (1, True, load("starter").hash)
    assert version.text == built_in("starter")
    assert AuditEntry.objects.get().act == "policy.activate"


def test_a_second_start_leaves_everything_as_it_is() -> None:
    first = policies.policy_ensure()
    assert policies.policy_ensure() == first
    assert PolicyVersion.objects.count() == AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_agree_on_one_version() -> None:
    def start(_: int) -> int:
        try:
            return policies.policy_ensure().pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert PolicyVersion.objects.count() == 1


def test_what_is_wrong_is_said_with_its_line_and_the_valid_values() -> None:
    text = built_in("starter").replace("method: cost-of-delay", "method: cost-of-dealy")
    checked = policies.policy_check(text=text)
    [finding] = checked.findings
    assert not checked.usable
    assert finding.line == 1 + text[: text.index("cost-of-dealy")].count("\n")
    assert "cost-of-delay" in (finding.mend or "")
    assert "weighted-sum" in (finding.mend or "")


def test_a_policy_that_is_understood_but_does_not_hold_together_is_not_usable() -> None:
    checked = policies.policy_check(text=built_in("starter").replace("missed: 0.5 ", "missed: 0.01 "))
    assert checked.policy is not None
    assert (checked.usable, checked.errors) == (False, 1)


@pytest.mark.parametrize("text", ["", "a: [", "\x00", "- a\n", "name: \ud800", "a: &a [*a]", "x" * 1_000_001])
def test_no_text_whatever_breaks_the_check(text: str) -> None:
    checked = policies.policy_check(text=text)
    assert checked.errors
    assert not checked.usable


def test_a_browser_s_line_ends_are_no_change(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    with pytest.raises(InputError, match="nothing was changed"):
        policies.policy_create(person=people["lead"], text=built_in("starter").replace("\n", "\r\n"))


def test_a_new_version_is_kept_and_not_yet_in_force(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    version = policies.policy_create(person=people["lead"], text=changed(), request_id="r1")
    assert (version.number, version.active, version.created_by) == (2, False, people["lead"])
    assert in_force() == [1]
    entry = AuditEntry.objects.get(act="policy.create")
    assert (entry.actor, entry.object_id, entry.request_id) == (people["lead"], "2", "r1")


def test_what_cannot_be_ranked_with_is_not_kept(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    with pytest.raises(PolicyError, match="unknown key"):
        policies.policy_create(person=people["lead"], text=changed() + "\ncolour: blue\n")
    assert PolicyVersion.objects.count() == 1


def test_putting_a_version_in_force_takes_the_other_out_and_says_why(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    policies.policy_create(person=people["lead"], text=changed())
    policies.policy_activate(person=people["lead"], number=2, why=f"  {WHY}\n")
    assert in_force() == [2]
    entry = AuditEntry.objects.get(act="policy.activate", actor=people["lead"])
    assert entry.before is not None
    assert entry.before["number"] == 1
    assert entry.after == {"number": 2, "hash": load(changed()).hash, "why": WHY}


@pytest.mark.parametrize("why", ["", "   ", "because", "no reason"])
def test_a_reason_is_a_sentence(people: dict[str, Person], why: str) -> None:
    policies.policy_ensure()
    policies.policy_create(person=people["lead"], text=changed())
    with pytest.raises(InputError, match="say why"):
        policies.policy_activate(person=people["lead"], number=2, why=why)
    assert in_force() == [1]


def test_only_what_is_there_and_not_in_force_can_be_put_in_force(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    for number, said in ((1, "in force already"), (9, "no such version")):
        with pytest.raises(InputError, match=said):
            policies.policy_activate(person=people["lead"], number=number, why=WHY)


def test_rolling_back_returns_to_what_was_in_force_before(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    for number in (2, 3):
        policies.policy_create(person=people["lead"], text=changed(number))
    policies.policy_activate(person=people["lead"], number=3, why=WHY)
    assert policies.policy_rollback(person=people["admin"], why="it moved too much").number == 1
    assert in_force() == [1]
    assert AuditEntry.objects.filter(act="policy.rollback", actor=people["admin"]).count() == 1
    assert policies.policy_rollback(person=people["admin"], why="it was not the policy").number == 3


def test_there_is_nothing_to_roll_back_to_at_first(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    policies.policy_create(person=people["lead"], text=changed())
    with pytest.raises(InputError, match="nothing to go back to"):
        policies.policy_rollback(person=people["lead"], why=WHY)


@pytest.mark.parametrize("role", ["viewer", "agent", "colleague", "leaver"])
def test_only_leads_and_admins_change_the_policy(people: dict[str, Person], role: str) -> None:
    policies.policy_ensure()
    policies.policy_create(person=people["lead"], text=changed())
    person = people[role]
    for attempt in (
        lambda: policies.policy_create(person=person, text=changed(5)),
        lambda: policies.policy_activate(person=person, number=2, why=WHY),
        lambda: policies.policy_rollback(person=person, why=WHY),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert in_force() == [1]
    assert PolicyVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_get_a_version_each(people: dict[str, Person]) -> None:
    policies.policy_ensure()

    def save(number: int) -> int:
        try:
            return policies.policy_create(person=people["lead"], text=changed(number)).number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, range(2, 8))) == [2, 3, 4, 5, 6, 7]
