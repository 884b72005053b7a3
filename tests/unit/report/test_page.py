from __future__ import annotations

import re
from html.parser import HTMLParser

import altair as alt
import polars as pl

from tidegate.report.page import Column, Section, Tile, chart_html, list_html, page, table_html, tiles_html

HOSTILE = "<script>alert('x')</script> & \"quoted\""
VOID = {"meta", "br", "img", "input", "link", "hr"}


class Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def bars() -> str:
    frame = pl.DataFrame({"day": ["Mon", "Tue"], "tickets": [3, 5]})
    return chart_html(alt.Chart(frame).mark_bar().encode(x="day:N", y="tickets:Q"), label="tickets a day")


def whole() -> str:
    columns = [Column(name="name", title="Name"), Column(name="n", title="n", number=True)]
    return page(
        HOSTILE,
        [
            Section(title="Chart", body=bars(), lead=HOSTILE),
            Section(title="Table", body=table_html(columns, [(HOSTILE, "3")], caption="c") + list_html([HOSTILE])),
            Section(title="Tiles", body=tiles_html([Tile(name=HOSTILE, value="3", definition=HOSTILE, mood="bad")])),
        ],
        lead=HOSTILE,
        foot=HOSTILE,
    )


def test_a_page_is_well_formed_and_carries_no_script() -> None:
    parser = Balance()
    parser.feed(whole())
    assert parser.open == []
    assert "script" not in parser.tags


def test_a_page_refers_to_nothing_outside_itself() -> None:
    assert re.findall(r"https?://|//[a-z]|@import|url\(", whole()) == []


def test_a_chart_is_drawn_for_desk_and_phone_in_the_tokens_of_the_page() -> None:
    drawn = bars()
    assert drawn.count("<svg") == 2
    assert 'aria-label="tickets a day"' in drawn
    assert "var(--series-1)" in drawn


def test_every_colour_token_that_a_chart_uses_is_defined_light_and_dark() -> None:
    html = whole()
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", html))
    for token in used:
        assert len(re.findall(rf"{token}: #", html)) == 2, token


def test_a_single_section_needs_no_contents() -> None:
    assert "<nav" not in page("t", [Section(title="One", body="")])
