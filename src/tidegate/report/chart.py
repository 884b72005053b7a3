"""Charts for a page: an Altair chart becomes inline SVG that follows the page's light and dark tokens."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from tidegate.tables.errors import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType

    import altair as alt

SERIES: Final = ("var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)")
"""Colours in order, told apart in grey and by the colour-blind; SVG resolves them from the page's tokens."""

LEVEL_COLOURS: Final = ("var(--level-0)", "var(--level-1)", "var(--level-2)", "var(--level-3)")
"""P0 to P3, most urgent darkest."""

WIDE: Final = 860
NARROW: Final = 300
_CONFIG: Final[dict[str, Any]] = {
    "background": "transparent",
    "padding": 10,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--ink-soft)",
        "titleColor": "var(--ink-soft)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelSeparation": 10,
    },
    "axisX": {"grid": False},
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--ink-soft)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "orient": "top",
        "columnPadding": 24,
    },
    "header": {"labelColor": "var(--ink)", "titleColor": "var(--ink-soft)", "labelFontSize": 12},
    "title": {"color": "var(--ink)", "fontSize": 13, "anchor": "start"},
    "mark": {"color": SERIES[0]},
    "text": {"color": "var(--ink)", "fontSize": 12},
    "range": {"category": list(SERIES)},
}


def load_altair() -> ModuleType:
    """Import Altair, which only reports need.

    Raises
    ------
    MissingExtraError
        When the ``report`` extra is not installed.
    """
    try:
        import altair as alt
    except ImportError as error:  # pragma: no cover - the test environment has it
        raise MissingExtraError("report", "drawing charts") from error
    return alt


def chart_html(chart: alt.TopLevelMixin, *, label: str, height: int = 220, wide: int = WIDE) -> str:
    """Draw a chart as inline SVG, once for a desk and once for a phone.

    Parameters
    ----------
    chart
        An Altair chart without width, height or configuration of its own; facets set theirs and are drawn once.
    label
        What the chart shows, for people who do not see it.
    height
        Height of the plot in pixels.
    wide
        Width of the plot on a desk, in pixels.

    Raises
    ------
    MissingExtraError
        When the ``report`` extra is not installed.
    """
    specification = chart.to_dict()
    fixed = any(key in specification for key in ("facet", "hconcat", "vconcat", "repeat", "concat"))
    drawn = (
        f'<div class="scroll">{_svg(specification, {})}</div>'
        if fixed
        else f'<div class="wide">{_svg(specification, {"width": wide, "height": height})}</div>'
        f'<div class="narrow">{_svg(specification, {"width": NARROW - 60, "height": height}, stacked=True)}</div>'
    )
    return f'<figure role="img" aria-label="{escape(label)}">{drawn}</figure>'


def _svg(specification: dict[str, Any], size: dict[str, int], *, stacked: bool = False) -> str:
    legend = {**_CONFIG["legend"], "direction": "vertical"} if stacked else _CONFIG["legend"]
    config = {**_CONFIG, "legend": legend}
    try:
        import vl_convert
    except ImportError as error:  # pragma: no cover - the test environment has it
        raise MissingExtraError("report", "drawing charts") from error
    svg = vl_convert.vegalite_to_svg(json.dumps(specification | size | {"config": config}))
    return svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace(
        ' xmlns="http://www.w3.org/2000/svg"', ""
    )


__all__ = ["LEVEL_COLOURS", "SERIES", "WIDE", "chart_html", "load_altair"]
