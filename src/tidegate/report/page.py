"""One self-contained HTML page: light and dark from the same tokens, tables, charts drawn as inline SVG.

A page loads nothing: no script, no font, no stylesheet, no picture from elsewhere. It can be mailed, archived and
printed, and still reads the same in ten years.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from tidegate.report.chart import chart_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a page.

    Parameters
    ----------
    title
        Heading, plain text.
    body
        HTML, as made by `table_html`, `chart_html`, `text_html` and their like.
    lead
        One sentence under the heading that says what to see here, plain text.
    """

    title: str
    body: str
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How a table shows one column; ``number`` aligns right with tabular figures."""

    name: str
    title: str
    number: bool = False


def page(title: str, sections: Sequence[Section], *, lead: str = "", foot: str = "") -> str:
    """Render a page.

    Parameters
    ----------
    title
        Title of the page and its first heading, plain text.
    sections
        The parts, top to bottom; two or more get a list of contents.
    lead
        A sentence or two under the title, plain text.
    foot
        How and from what the page was made, plain text.

    Returns
    -------
    str
        A whole HTML document that refers to nothing outside itself.
    """
    named = [(f"part-{position}", section) for position, section in enumerate(sections, start=1)]
    links = "".join(f'<a href="#{name}">{escape(section.title)}</a>' for name, section in named)
    contents = f'<nav aria-label="Contents">{links}</nav>' if len(named) > 1 else ""
    style = resources.files("tidegate.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1>{_paragraph(lead, 'lead')}{contents}</header>\n<main>\n"
        + "".join(_section(name, section) for name, section in named)
        + f"</main>\n<footer>{_paragraph(foot)}</footer>\n</body>\n</html>\n"
    )


def _section(name: str, section: Section) -> str:
    heading = f'<h2 id="{name}-title">{escape(section.title)}</h2>'
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">{heading}'
        f"{_paragraph(section.lead, 'lead')}{section.body}</section>\n"
    )


def _paragraph(text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{escape(text)}</p>" if text else ""


def text_html(*paragraphs: str) -> str:
    """Plain paragraphs; empty ones are left out."""
    return "".join(_paragraph(paragraph) for paragraph in paragraphs)


def list_html(items: Iterable[str]) -> str:
    """Render plain texts as a list."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def table_html(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, caption: str = "") -> str:
    """Render a table; cells are plain text, the first column heads its row."""
    head = "".join(f'<th scope="col"{_number(column)}>{escape(column.title)}</th>' for column in columns)
    body = "".join(_row(columns, row) for row in rows)
    shown = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="'
        f'{escape(caption or "table")}"><table>{shown}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(columns: Sequence[Column], cells: Sequence[str]) -> str:
    shown = [
        f'<th scope="row"{_number(column)}>{escape(cell)}</th>'
        if position == 0
        else f"<td{_number(column)}>{escape(cell)}</td>"
        for position, (column, cell) in enumerate(zip(columns, cells, strict=True))
    ]
    return f"<tr>{''.join(shown)}</tr>"


def _number(column: Column) -> str:
    return ' class="number"' if column.number else ""


def details_html(summary: str, body: str) -> str:
    """Fold HTML behind a line of plain text that opens it."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure that can be read across a room: name, value, a line of context, good, bad or neither."""

    name: str
    value: str
    context: str = ""
    mood: str = ""
    definition: str = ""


def tiles_html(tiles: Iterable[Tile]) -> str:
    """Render figures side by side; a definition opens with a click or the keyboard."""
    return '<div class="tiles">' + "".join(map(_tile, tiles)) + "</div>"


def _tile(tile: Tile) -> str:
    mood = f" {tile.mood}" if tile.mood in ("good", "bad") else ""
    definition = details_html("what is this?", text_html(tile.definition)) if tile.definition else ""
    return (
        f'<div class="tile{mood}"><h3>{escape(tile.name)}</h3><p class="value">{escape(tile.value)}</p>'
        f'<p class="context">{escape(tile.context)}</p>{definition}</div>'
    )


__all__ = [
    "Column",
    "Section",
    "Tile",
    "chart_html",
    "details_html",
    "list_html",
    "page",
    "table_html",
    "text_html",
    "tiles_html",
]
