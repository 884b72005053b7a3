"""Filling the database from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.desk import ticket
from tidegate.demo.company import generate
from tidegate.read.reader import StaticReader
from tidegate.server.desk import models, tables
from tidegate.server.desk.board import Board
from tidegate.server.desk.importing import ORDER, facts_import, texts_read
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    import polars as pl

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


def test_the_first_start_reads_no_text_that_the_import_has_read(monkeypatch: pytest.MonkeyPatch) -> None:
    company = generate(300, 3)
    facts_import({name: getattr(company, name) for name in ORDER}, progress=lambda _done, _total: None)
    unfinished = models.Ticket.objects.exclude(status__in=("solved", "closed")).count()
    told: list[tuple[int, int]] = []
    assert texts_read(progress=lambda done, total: told.append((done, total))) == unfinished > 10
    assert told == [(unfinished, unfinished)]
    read, texts = [], StaticReader._texts

    def noted(reader: StaticReader, rows: pl.DataFrame) -> pl.DataFrame:
        read.append(rows.height)
        return texts(reader, rows)

    monkeypatch.setattr(StaticReader, "_texts", noted)
    assert len(Board().snapshot().index) == unfinished
    assert sum(read) == 0
