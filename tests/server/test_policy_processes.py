"""A policy that is put in force is followed by every process that ranks, web or worker, without a word between them.

Both rank by the board, of which each process has one: two processes with a board stand for them here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from helpers.desk import ticket
from helpers.service import until
from tidegate.server.desk import policies, tables

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.server.people.models import Person

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FOLLOWS = """
import sys
from tidegate.server import startup
startup.configure()
from tidegate.server.desk.board import board
for line in sys.stdin:
    seen = board.snapshot()
    print(seen.policy.number, seen.row("t1").lane, flush=True)
"""


def told(process: subprocess.Popen[str]) -> list[str]:
    """Ask a process what it ranks by, and in which lane the ticket stands."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("look\n")
    process.stdin.flush()
    return process.stdout.readline().split()


def test_two_processes_follow_a_policy_that_a_third_puts_in_force(people: dict[str, Person], tmp_path: Path) -> None:
    policies.policy_ensure()
    tables.upsert("tickets", ticket("t1", subject="Where is the invoice?"))
    where = connection.settings_dict
    url = f"postgresql://{where['USER']}@/{where['NAME']}?host={where['HOST']}"
    environ = os.environ | {"DATABASE_URL": url, "TIDEGATE_DATA_DIR": str(tmp_path)}
    environ["DJANGO_SETTINGS_MODULE"] = "tidegate.server.settings"
    with ExitStack() as started:
        both = [
            started.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", FOLLOWS],
                    env=environ,
                    text=True,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for _ in range(2)
        ]
        first = policies.policy_active()
        assert [told(process)[0] for process in both] == [str(first.number)] * 2
        text = first.text.replace("rules:", 'rules:\n  - name: all at once\n    when: "true"\n    then: {lane: now}', 1)
        second = policies.policy_create(person=people["lead"], text=text)
        policies.policy_activate(person=people["lead"], number=second.number, why="everything is urgent")
        for process in both:
            until(lambda process=process: told(process) == [str(second.number), "now"], "the new policy", 60)
        policies.policy_rollback(person=people["lead"], why="not everything is urgent")
        for process in both:
            until(lambda process=process: told(process)[0] == str(first.number), "the old policy", 60)
        for process in both:
            assert process.stdin
            process.stdin.close()
            assert process.wait(60) == 0
