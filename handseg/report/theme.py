"""matplotlib figures as SVG that takes the page's colours."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import matplotlib.figure

INK, FAINT = "#010203", "#010204"
"""Stand-ins that no other element has; matplotlib cannot write `currentColor` itself."""
SERIES = 7
"""Colours there are."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
}


def colour(number: int) -> str:
    """Stand-in for the page's colour of a series, counted from 0; they repeat after `SERIES`."""
    return f"#0102{0x10 + number % SERIES:02x}"


@contextmanager
def styled(salt: str) -> Iterator[None]:
    """Draw figures alike.

    Args:
        salt: makes the ids inside this SVG differ from those of the page's others.
    """
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": salt}):
        yield


def to_svg(figure: matplotlib.figure.Figure) -> str:
    """A figure drawn within `styled`, as an <svg> element.

    Its colours are `currentColor`, `var(--rule)` and `var(--series-1)` to `var(--series-7)`; the
    same figure gives the same text.
    """
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return _themed(text.getvalue())


def _themed(svg: str) -> str:
    """Cut what stands before the <svg> and its metadata; put the page's colours in."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    for number in range(SERIES):
        svg = svg.replace(colour(number), f"var(--series-{number + 1})")
    return svg.replace(INK, "currentColor").replace(FAINT, "var(--rule)").strip()
