"""The experiment's figure: Dice of each arm, and what it changes against the arm it is compared to.

Left, a dot for each arm's mean with its interval, and a tick for each bone; right, the paired
difference with its interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.axes
import matplotlib.figure
import numpy as np
from numpy.typing import NDArray

from handseg.experiments.compare import Difference, Estimate
from handseg.report import theme

_ROW_IN, _FRAME_IN = 0.34, 0.9
"""Heights in inches: of an arm, and of title, axis and labels together."""
_WIDTH_IN = 10.6
_MEAN, _WORSE, _BETTER, _UNCERTAIN = 0, 1, 2, 6
"""Series of the page's colours: blue, orange, green, grey."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One arm of the figure."""

    name: str
    dice: Estimate
    per_bone: NDArray[np.float64]
    """(29,)."""
    change: Difference | None


def draw(lines: Sequence[Line]) -> str:
    """Draw the figure.

    Args:
        lines: the arms from top to bottom, at least one.

    Returns:
        An <svg> element, see `theme.to_svg`.
    """
    with theme.styled("experiment"):
        figure = matplotlib.figure.Figure(
            figsize=(_WIDTH_IN, _FRAME_IN + _ROW_IN * len(lines)), layout="constrained"
        )
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        for row, line in enumerate(lines):
            _add_dice(left, line, row)
            if line.change is not None:
                _add_change(right, line.change.dice, row)
        left.set_yticks(range(len(lines)), [line.name for line in lines])
        left.set_ylim(len(lines) - 0.5, -0.5)
        left.set_xlabel("Dice: mean with 95 % interval; ticks are the bones")
        right.set_xlabel("paired difference, 95 % interval")
        right.axvline(0, color=theme.INK, linewidth=0.8)
        for axes in (left, right):
            axes.grid(axis="x")
            axes.set_axisbelow(True)
            axes.tick_params(axis="y", length=0)
        return theme.to_svg(figure)


def _add_dice(axes: matplotlib.axes.Axes, line: Line, row: int) -> None:
    bones = line.per_bone
    axes.plot(bones, [row] * len(bones), "|", color=theme.INK, markersize=7, alpha=0.35)
    _add_interval(axes, line.dice, row, theme.colour(_MEAN))


def _add_change(axes: matplotlib.axes.Axes, change: Estimate, row: int) -> None:
    series = _UNCERTAIN if not change.is_certain else _BETTER if change.mean > 0 else _WORSE
    _add_interval(axes, change, row, theme.colour(series))


def _add_interval(axes: matplotlib.axes.Axes, value: Estimate, row: int, colour: str) -> None:
    if not np.isnan(value.low):
        axes.plot([value.low, value.high], [row, row], color=colour, linewidth=2.2)
    axes.plot(value.mean, row, "o", color=colour, markersize=6)
