"""Filling the database from files."""

from __future__ import annotations

import pytest

from helpers.desk import ticket
from tidegate.demo.company import generate
from tidegate.server.desk import models, tables
from tidegate.server.desk.importing import ORDER, facts_import
from tidegate.server.people.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_the_same_files_again_change_nothing() -> None:
    company = generate(300, 3)
    frames = {name: getattr(company, name) for name in ORDER}
    told: list[tuple[int, int]] = []
    first = facts_import(frames, progress=lambda done, total: told.append((done, total)))
    assert first == {name: frames[name].height for name in ORDER}
    assert told[-1] == (sum(first.values()), sum(first.values()))
    before = {name: tables.read(name).sort(tables.CONTRACTS[name][1].primary_key()[0]) for name in ORDER}
    facts_import(frames, progress=lambda _done, _total: None)
    for name in ORDER:
        assert tables.read(name).sort(tables.CONTRACTS[name][1].primary_key()[0]).equals(before[name])
    assert AuditEntry.objects.filter(act="facts.import").count() == 2


def test_a_policy_is_in_force_afterwards() -> None:
    facts_import({"tickets": ticket("t")}, progress=lambda _done, _total: None)
    assert models.PolicyVersion.objects.get().active
