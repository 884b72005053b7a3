"""Services of the policy: its versions, and which one is in force."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from tidegate.policy.loading import built_in, load
from tidegate.server.desk.models import PolicyVersion


def policy_ensure() -> PolicyVersion:
    """Return the version in force; on an empty database the starter policy becomes version 1 and is put in force."""
    with transaction.atomic():
        active = PolicyVersion.objects.filter(active=True).first()
        if active is not None:
            return active
        text = built_in("starter")
        version, _ = PolicyVersion.objects.get_or_create(
            number=1,
            defaults={
                "text": text,
                "hash": load(text).hash,
                "why": "the starter policy",
                "active": True,
                "activated_at": datetime.now(UTC),
            },
        )
        return version
