"""The documentation runs: every `console` and `python` block, page by page, and what it prints is what the page says.

A page starts in an empty folder that holds `demo/` (the demo company, 2,000 tickets, seed 7). In a console block a line
after `$ ` is run by a shell; the lines below it are what it prints on standard output, `...` standing for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in BLOCK.finditer(page.read_text())]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "demo"
    subprocess.run([tidegate(), "demo", "--tickets", "2000", "--seed", "7", "--out", str(folder)], check=True)
    return folder


def tidegate() -> str:
    return str(Path(sys.executable).parent / "tidegate")


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name)
def test_every_block_of_a_page_runs(page: Path, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(demo, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page.stem}
    for kind, text in blocks(page):
        if kind == "python":
            exec(compile(text, name(page), "exec"), names)  # noqa: S102 (our own pages)
        else:
            for command, wanted in commands(text):
                compare(command, wanted, shell(command, tmp_path))


def commands(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        command, _, rest = part.partition("\n")
        while command.endswith("\\"):
            more, _, rest = rest.partition("\n")
            command = command[:-1] + more.removeprefix("> ")
        found.append((command, rest.strip("\n")))
    return found


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)  # noqa: S602 (our own pages)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def compare(command: str, wanted: str, printed: str) -> None:
    if not wanted:
        return
    pattern = ".*".join(re.escape(piece) for piece in squeeze(wanted).split("..."))
    assert re.fullmatch(pattern, squeeze(printed), re.DOTALL), f"$ {command}\n{printed}"


def squeeze(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not broken


def test_every_command_is_documented() -> None:
    from tidegate.cli import app

    reference = (ROOT / "docs/reference/command-line.md").read_text()
    from typer.main import get_command

    for verb, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f"tidegate {verb}" in reference, verb
        del command
