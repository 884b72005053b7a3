"""Writes docs/reference/command-line.md from what the command line says of itself.

usage: python scripts/write_command_reference.py
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

import typer
from typer.main import get_command

from tidegate.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAKES = {Path: "path", str: "text", int: "number", float: "number"}
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "command-line.md"

_HEAD = """\
# Command line

<!-- Written by scripts/write_command_reference.py; a test holds it current. Change src/tidegate/cli instead. -->

`tidegate --help` lists the commands, `tidegate COMMAND --help` the options of one, `tidegate --version` the version.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | the answer is no: rows were rejected under `--strict`, or a check failed |
| 2 | the input, the policy or the usage cannot be used; the message says what and how to mend it |

Results go to standard output or to `--out`; everything else (what was recognised, notes, rejected rows, errors,
progress) goes to standard error. With `--format json` standard output holds JSON and nothing else. Tables follow the
width of the terminal; `NO_COLOR=1` takes the colours out.

"""


def render() -> str:
    """Return the page as Markdown."""
    return _HEAD + "\n".join(_section(path, command) for path, command in _leaves("tidegate", get_command(app)))


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (typer does not export its command classes)
    """Walk to the commands that do something, in the order in which the help lists them."""
    if not hasattr(command, "list_commands"):
        yield path, command
        return
    context = typer.Context(command)
    for name in command.list_commands(context):
        yield from _leaves(f"{path} {name}", command.get_command(context, name))


def _section(path: str, command: Any) -> str:  # noqa: ANN401 (as above)
    shown = [param for param in command.params if param.name != "help" and not getattr(param, "hidden", False)]
    arguments = [param for param in shown if param.param_type_name == "argument"]
    options = [param for param in shown if param.param_type_name == "option"]
    usage = " ".join([path, *map(_metavar, arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"## {path}", "", " ".join((command.help or "").split()), "", "```text", usage, "```", ""]
    if shown:
        lines += ["| | takes | starts as | |", "|---|---|---|---|"]
        lines += [_row(param) for param in (*arguments, *options)] + [""]
    return "\n".join(lines)


def _metavar(param: Any) -> str:  # noqa: ANN401 (as above)
    name = (param.metavar or param.name).strip("[]{}").upper()
    many = "..." if param.nargs == -1 else ""
    return f"{name}{many}" if param.required else f"[{name}{many}]"


def _row(param: Any) -> str:  # noqa: ANN401 (as above)
    is_option = param.param_type_name == "option"
    name = ", ".join([*param.opts, *param.secondary_opts]) if is_option else _metavar(param)
    cells = (f"`{name}`", _takes(param), _default(param), " ".join((param.help or "").split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _takes(param: Any) -> str:  # noqa: ANN401 (as above)
    if getattr(param, "is_flag", False):
        return ""
    kind = param.type_descriptor.annotation
    kind = get_args(kind)[0] if get_origin(kind) is list else kind
    if issubclass(kind, Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind)
    return _TAKES.get(kind, kind.__name__)


def _default(param: Any) -> str:  # noqa: ANN401 (as above)
    value = getattr(param.default, "value", param.default)
    if param.required:
        return "required"
    nothing = value is None or value is False or value in ("", ()) or callable(value)
    return "" if nothing else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
