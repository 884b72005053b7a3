"""`tidegate doctor`: says whether this team is ready and its files are sane."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support
from tidegate.cli.measure import Events, Files, Messages
from tidegate.cli.rank import MapFile, Now, PolicyFile, Timezone

if TYPE_CHECKING:
    from tidegate.measure.doctor import Diagnosis


class Shape(StrEnum):
    """Shapes that findings can be written in."""

    text = "text"
    json = "json"


def doctor(
    files: Files,
    messages: Messages = None,
    events: Events = None,
    policy: PolicyFile = "starter",
    now: Now = None,
    map_file: MapFile = None,
    timezone: Timezone = None,
    output: Annotated[Shape, typer.Option("--format", help="text or json.")] = Shape.text,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Look for what would make ranks and measures wrong; exit with 1 if something must be mended first."""
    with support.errors():
        from tidegate.cli import measure_inputs
        from tidegate.measure.doctor import examine

        got = measure_inputs.gather(
            files,
            messages,
            events,
            policy=policy,
            now=now,
            window=7.0,
            map_file=map_file,
            timezone=timezone,
            quiet=True,
        )
        found = examine(got.ledger, got.tickets.table, got.policy, rejected=got.tickets.rejected.height)
        support.write_text(_json(found) if output is Shape.json else _text(found), out)
    if any(diagnosis.gravity == "mend" for diagnosis in found):
        raise typer.Exit(support.NO)


def _json(found: list[Diagnosis]) -> str:
    import json
    from dataclasses import asdict

    return json.dumps({"findings": [asdict(diagnosis) for diagnosis in found]}, indent=2, ensure_ascii=False) + "\n"


def _text(found: list[Diagnosis]) -> str:
    if not found:
        return "Nothing found: the files are sane and the policy fits them.\n"
    heads = {"mend": "Mend first", "look": "Worth a look", "note": "Good to know"}
    parts = []
    for gravity, head in heads.items():
        of_kind = [diagnosis for diagnosis in found if diagnosis.gravity == gravity]
        if of_kind:
            parts.append(head + "\n\n" + "\n".join(_one(diagnosis) for diagnosis in of_kind))
    return support.printable("\n".join(parts))


def _one(diagnosis: Diagnosis) -> str:
    import textwrap

    lines = ((diagnosis.evidence, "  "), (f"why: {diagnosis.why}", "  "), (f"mend: {diagnosis.mend}", "  "))
    body = "\n".join(textwrap.fill(text, 100, initial_indent=pad, subsequent_indent=pad) for text, pad in lines)
    return f"- {diagnosis.name}\n{body}\n"
