"""`tidegate backup` and `restore`: the whole service in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli import support

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="A backup that tidegate backup wrote.")]


def backup(
    out: Annotated[Path, typer.Option(help="File to write; it must not exist yet.")],
) -> None:
    """Write the whole database to one file; people go on working meanwhile."""
    with support.errors():
        from tidegate.server import backup as part
        from tidegate.server import startup

        settings = startup.read_environment()
        with startup.database(made=True):
            startup.answers()
            made = part.backup(out, settings.secret())
        support.say(f"{made.rows:,} rows of {len(made.tables)} tables in {out} ({made.bytes / 1e6:,.1f} MB)")
        support.say("The secret key is not in it: keep that apart (docs/how-to/back-up-and-restore.md).")


def restore(
    file: Backup,
    force: Annotated[bool, typer.Option("--force", help="Remove what the database holds first.")] = False,
) -> None:
    """Read a backup into an empty database; stop the service first."""
    with support.errors():
        from tidegate.server import backup as part
        from tidegate.server import migrating, serving, startup

        settings = startup.read_environment()
        with serving.alone(settings), startup.database():
            startup.answers()
            got = part.restore(file, force=force)
            ran = migrating.migrate(support.say)
        later = f", then {ran} migrations ran" if ran else ""
        support.say(f"{got.rows:,} rows of {len(got.tables)} tables as of {got.made_at}, each table counted{later}")
        if got.secret_key != part.fingerprint(settings.secret()):
            support.say(
                "The backup's secrets were sealed with another secret key. Name that one in TIDEGATE_SECRET_KEY, or in"
                " TIDEGATE_SECRET_KEY_FALLBACKS beside the present one; until then second factors and signing secrets"
                " do not open."
            )
