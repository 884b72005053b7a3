"""Writes a model's card: a table for the terminal, JSON for programs, plots where Altair is installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tidegate.cli import support

if TYPE_CHECKING:
    from pathlib import Path

_FIGURES = (
    ("rows", "held out", "{:,}"),
    ("accuracy", "accuracy", "{:.3f}"),
    ("macro_f1", "macro-F1", "{:.3f}"),
    ("log_loss", "log loss", "{:.3f}"),
    ("prior_log_loss", "of the shares alone", "{:.3f}"),
    ("calibration_error", "calibration error", "{:.3f}"),
    ("coverage", "coverage of sets", "{:.3f}"),
    ("set_size", "classes in a set", "{:.2f}"),
    ("unsure", "share unsure", "{:.1%}"),
    ("temperature", "temperature", "{:.2f}"),
    ("mean_absolute_error", "mean absolute error", "{:.3f}"),
    ("median_absolute_error", "of the median alone", "{:.3f}"),
    ("explained", "variance explained", "{:.1%}"),
    ("validated", "beats the median", "{}"),
)
_BAR = 60
"""Characters of a bar for all tickets."""


def save(card: dict[str, Any], folder: Path) -> None:
    """Write ``card.json``, and ``card.svg`` with reliability and confusion if the report extra is installed."""
    save_figures(card, folder)
    try:
        import altair as alt
        import vl_convert
    except ImportError:
        support.say("no plots: pip install 'tidegate[report]' draws them")
        return
    del vl_convert
    shown = {name: part for name, part in card.items() if part.get("reliability")}
    if shown:
        _chart(alt, shown).save(str(folder / "card.svg"))


def save_figures(card: dict[str, Any], folder: Path) -> None:
    """Write ``card.json``."""
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _show_json(card: dict[str, Any]) -> None:
    support.write_text(json.dumps(card, ensure_ascii=False) + "\n", None)


def show_mix(card: dict[str, Any], folder: Path, *, as_json: bool) -> None:
    """Print how often each intent comes up, beside what was assumed."""
    if as_json:
        _show_json(card)
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("intent")
    for name in ("assumed", "here"):
        table.add_column(name, justify="right")
    table.add_column("")
    for share in sorted(card["mix"], key=lambda share: -share["here"]):
        bar = "█" * round(share["here"] * _BAR)
        table.add_row(share["intent"], f"{share['assumed']:.1%}", f"{share['here']:.1%}", bar)
    console = support.console()
    console.print(table)
    tickets = card["about"]["tickets"]
    console.print(
        f"{tickets:,} tickets, none with an answer: the mix alone was learned; saved in {folder}", markup=False
    )


def show(card: dict[str, Any], folder: Path, *, as_json: bool) -> None:
    """Print a card on standard output."""
    if as_json:
        _show_json(card)
        return
    from rich.table import Table

    parts = {name: part for name, part in card.items() if name != "about"}
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("")
    for name in parts:
        table.add_column(name, justify="right")
    for key, label, shape in _FIGURES:
        if any(key in part for part in parts.values()):
            table.add_row(label, *(shape.format(part[key]) if key in part else "" for part in parts.values()))
    console = support.console()
    console.print(table)
    for name, part in parts.items():
        for line in [*_confused(name, part), *_mistaken(name, part), *(f"note: {note}" for note in part["notes"])]:
            console.print(support.printable(line), markup=False)
    about = card["about"]
    console.print(f"{about['tickets']:,} tickets, held out {about['held_out']}; saved in {folder}", markup=False)


def _confused(name: str, part: dict[str, Any]) -> list[str]:
    """List the pairs that were mixed up most."""
    pairs = sorted((c for c in part.get("confusion", ()) if c["truth"] != c["said"]), key=lambda c: -c["rows"])[:5]
    return [f"{name}: {pair['rows']:,} of {pair['truth']} read as {pair['said']}" for pair in pairs]


def _mistaken(name: str, part: dict[str, Any]) -> list[str]:
    wrong = part.get("wrong", ())[:3]
    return [f"{name}: {w['truth']} read as {w['said']} ({w['confidence']:.0%}): {w['text']}" for w in wrong]


def _chart(alt: Any, parts: dict[str, dict[str, Any]]) -> Any:  # noqa: ANN401 -- Altair is imported late
    """Reliability (confidence beside accuracy) and confusion of each head, one row a head."""
    rows = []
    for name, part in parts.items():
        points = alt.Chart(alt.Data(values=part["reliability"]), title=f"{name}: confidence and accuracy")
        curve = points.mark_line(point=True).encode(
            alt.X("confidence:Q").scale(domain=[0, 1]), alt.Y("accuracy:Q").scale(domain=[0, 1])
        )
        straight = alt.Data(values=[{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}])
        ideal = alt.Chart(straight).mark_line(strokeDash=[4, 4], color="gray").encode(x="confidence:Q", y="accuracy:Q")
        cells = alt.Chart(alt.Data(values=part["confusion"]), title=f"{name}: truth and what was read")
        heat = cells.mark_rect().encode(
            x=alt.X("said:N"), y=alt.Y("truth:N"), color=alt.Color("rows:Q").scale(type="symlog")
        )
        rows.append((ideal + curve) | heat)
    return alt.vconcat(*rows)
