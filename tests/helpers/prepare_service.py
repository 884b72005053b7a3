"""Run as a program with a service's environment: makes a token, and a policy that pages through one webhook."""

from __future__ import annotations

import json
import re
import sys

from tidegate.server import startup


def main(hook: str) -> None:
    """Print the token."""
    with startup.database():
        from tidegate.policy.loading import built_in
        from tidegate.server.desk import policies
        from tidegate.server.desk.outbox import channels
        from tidegate.server.people.models import Person
        from tidegate.server.people.tokens import token_create

        admin = Person.objects.filter(role="admin").order_by("pk")[0]
        issued = token_create(by=admin, name="faults", source="faults", scopes=["facts:write"])
        if hook:
            channels.channel_set(by=admin, name="hook", kind="webhook", url=hook, secret="s" * 32)
            text = built_in("starter").replace("dry_run: true", "dry_run: false")
            text = re.sub(r"^    (\w+): \[[\w-]+\]$", r"    \1: [hook]", text, flags=re.MULTILINE)
            version = policies.policy_create(person=admin, text=text)
            policies.policy_activate(person=admin, number=version.number, why="page for real")
    print(json.dumps({"token": issued.key}))  # noqa: T201 -- what it is for


main(sys.argv[1] if len(sys.argv) > 1 else "")
