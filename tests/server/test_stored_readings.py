"""Readings that were kept come back as they were."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import polars as pl
import pytest
from django.db import connection
from polars.testing import assert_frame_equal

from helpers.desk import ticket
from tidegate.policy import load
from tidegate.read.reader import default_reader
from tidegate.server.desk.board.stored_readings import StoredReadings
from tidegate.server.desk.models import Reading


@pytest.mark.django_db
def test_what_was_read_once_is_the_same_when_it_is_read_from_the_database() -> None:
    texts = pl.concat([ticket("t1", subject="Data leak", body="40 users are locked out, by 5pm"), ticket("t2")])
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    read = [default_reader(load("starter"), cache=StoredReadings()).read(texts, now=now) for _ in range(2)]  # ty: ignore[invalid-argument-type]
    assert Reading.objects.count() == 2
    assert_frame_equal(read[0], read[1])


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_read_each_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.server.desk.board.stored_readings.MANY", 1)
    texts = pl.DataFrame(
        {"subject": ["a", "b"], "body": ["c", "d"], "created_at": [datetime(2026, 3, 2, tzinfo=UTC)] * 2}
    )
    read: list[int] = []

    def reader(some: pl.DataFrame) -> pl.DataFrame:
        read.append(some.height)
        return some.select(intent="subject")

    def start() -> None:
        StoredReadings().through("v", texts, reader)
        connection.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(read) == texts.height
