"""Curves of loss and Dice, drawn by matplotlib as SVG that takes the page's colours."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import matplotlib.axes
import matplotlib.figure
from matplotlib.ticker import MaxNLocator

_INK, _FAINT = "#010203", "#010204"
"""Stand-ins that no other element has; matplotlib cannot write `currentColor` itself."""
_SERIES = 7
"""Colours there are; the eighth series takes the first colour again, dashed."""
_DASHES = ("-", "--", ":", "-.")
_FEW = 15
"""Measurements up to which each one gets a dot."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _FAINT,
    "grid.linewidth": 0.6,
}


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a figure."""

    x: Sequence[float]
    y: Sequence[float]
    mark: tuple[float, float] | None = None
    """A point to set off."""


def draw(
    series: Sequence[Series], *, x_label: str, y_label: str, salt: str, top: float | None = None
) -> str:
    """Draw lines over each other.

    Args:
        series: in the order of the page's legend, which names them and has their colours.
        x_label: of the x axis, with its unit.
        y_label: of the y axis, with its unit.
        salt: makes the ids inside this SVG differ from those of the page's others.
        top: end of the y axis.

    Returns:
        An <svg> element whose colours are `currentColor`, `var(--rule)` and `var(--series-1)` to
        `var(--series-7)`; the same input gives the same text.
    """
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": salt}):
        figure = matplotlib.figure.Figure(figsize=(5.4, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for number, line in enumerate(series):
            _add(axes, line, number)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axes.set_axisbelow(True)
        axes.set_xlim(left=0)
        axes.set_ylim(top=top)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return _themed(text.getvalue())


def _add(axes: matplotlib.axes.Axes, line: Series, number: int) -> None:
    colour = _stand_in(number)
    axes.plot(
        line.x,
        line.y,
        color=colour,
        linestyle=_DASHES[number // _SERIES % len(_DASHES)],
        linewidth=1.8,
        marker="o" if len(line.x) <= _FEW else None,
        markersize=3.5,
    )
    if line.mark is not None:
        axes.plot(*line.mark, marker="o", markersize=8, color=colour, fillstyle="none")


def _stand_in(number: int) -> str:
    return f"#0102{0x10 + number % _SERIES:02x}"


def _themed(svg: str) -> str:
    """Cut what stands before the <svg> and its metadata; put the page's colours in."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    for number in range(_SERIES):
        svg = svg.replace(_stand_in(number), f"var(--series-{number + 1})")
    return svg.replace(_INK, "currentColor").replace(_FAINT, "var(--rule)").strip()
