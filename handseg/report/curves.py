"""Curves of loss and Dice, drawn by matplotlib as SVG that takes the page's colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.axes
import matplotlib.figure
from matplotlib.ticker import MaxNLocator

from handseg.report import theme

_DASHES = ("-", "--", ":", "-.")
"""The eighth series takes the first colour again, dashed."""
_FEW = 15
"""Measurements up to which each one gets a dot."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a figure."""

    x: Sequence[float]
    y: Sequence[float]
    mark: tuple[float, float] | None = None
    """A point to set off."""
    beside: Sequence[tuple[float, float]] = ()
    """A thin line in the same colour, to compare with."""


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
        An <svg> element, see `theme.to_svg`; the same input gives the same text.
    """
    with theme.styled(salt):
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
        return theme.to_svg(figure)


def _add(axes: matplotlib.axes.Axes, line: Series, number: int) -> None:
    colour = theme.colour(number)
    axes.plot(
        line.x,
        line.y,
        color=colour,
        linestyle=_DASHES[number // theme.SERIES % len(_DASHES)],
        linewidth=1.8,
        marker="o" if len(line.x) <= _FEW else None,
        markersize=3.5,
    )
    if line.beside:
        axes.plot(
            *zip(*line.beside, strict=True), color=colour, linewidth=0.8, linestyle=(0, (4, 2))
        )
    if line.mark is not None:
        axes.plot(*line.mark, marker="o", markersize=8, color=colour, fillstyle="none")
