"""The models keep the contracts of `tidegate.tables`, and the database keeps its own promises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from tidegate.server.desk import models
from tidegate.server.people import audit
from tidegate.tables import contracts

PAIRS = [
    (models.Ticket, contracts.Tickets),
    (models.Message, contracts.Messages),
    (models.Event, contracts.Events),
    (models.Account, contracts.Accounts),
    (models.Incident, contracts.Incidents),
    (models.Agent, contracts.Agents),
]


@pytest.mark.parametrize(("model", "contract"), PAIRS)
def test_a_model_has_the_columns_of_its_contract_and_no_other(model: type, contract: type) -> None:
    fields = {field.name: field for field in model._meta.get_fields()}
    columns = contract.columns()
    assert set(fields) - {"changed"} == set(columns)
    assert {name for name, field in fields.items() if field.null} == {n for n, c in columns.items() if c.nullable}


@pytest.mark.django_db
def test_a_written_row_carries_the_transaction_that_wrote_it() -> None:
    models.Account.objects.create(account_id="a1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        now = cursor.fetchone()[0]
    assert models.Account.objects.get().changed == now


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE {} SET ticket_id = 'x'", "DELETE FROM {}"])
def test_ledgers_are_appended_only(statement: str) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    models.Event.objects.create(event_id="e1", ticket_id="t1", at=at, kind="created", actor_kind="requester")
    with pytest.raises(IntegrityError, match="appended"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("desk_event"))


@pytest.mark.django_db
def test_the_audit_trail_cannot_be_rewritten() -> None:
    entry = audit.record(actor=None, act="policy.activate", object_kind="policy", object_id="1")
    with pytest.raises(IntegrityError, match="appended"), transaction.atomic():
        entry.delete()
