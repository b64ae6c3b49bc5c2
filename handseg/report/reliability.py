"""What the counts of `calibration` come to: a figure, and rows of the page's tables."""

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib.axes
import matplotlib.figure
import numpy as np
from matplotlib.ticker import EngFormatter, NullLocator

from handseg import bones
from handseg.report import calibration, theme
from handseg.report.calibration import Counts, Reliability
from handseg.report.facts import Facts


@dataclass(frozen=True, kw_only=True)
class BoneTrust:
    """How far one bone's probabilities can be believed."""

    class_id: int
    found: Reliability
    unseen: float
    """The part of the bone's pixels that has no probability at all, in [0, 1]."""

    @property
    def name(self) -> str:
        """The bone's name."""
        return bones.NAMES[self.class_id]


def of_all(counted: Mapping[str, Counts]) -> Reliability | None:
    """Of all pixels of all bones by all members; None where there are none."""
    return calibration.reliability(
        np.sum([found.sum(axis=0) for found in counted.values()], axis=0)
    )


def of_members(counted: Mapping[str, Counts]) -> dict[str, Reliability | None]:
    """Of all pixels of all bones, by member."""
    return {name: calibration.reliability(found.sum(axis=0)) for name, found in counted.items()}


def worst_bones(facts: Facts) -> list[BoneTrust]:
    """All bones that have a probability somewhere, the least to be believed first."""
    counted = np.sum(list(facts.calibration.values()), axis=0)
    # Each member that held an image out was asked for each of its pixels.
    truth = np.sum([len(score.members) * score.areas for score in facts.scores], axis=0)
    rows = []
    for class_id in range(bones.COUNT):
        found = calibration.reliability(counted[class_id])
        if found is not None:
            seen = float(counted[class_id, :, 1].sum())
            unseen = 1 - seen / truth[class_id] if truth[class_id] else 0.0
            rows.append(BoneTrust(class_id=class_id, found=found, unseen=unseen))
    return sorted(rows, key=lambda row: -row.found.error)


def draw(found: Reliability) -> str:
    """Draw the reliability curve over the number of pixels in each bin.

    Returns:
        An <svg> element, see `theme.to_svg`.
    """
    with theme.styled("reliability"):
        figure = matplotlib.figure.Figure(figsize=(5.4, 4.6), layout="constrained")
        curve, pixels = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _add_curve(curve, found)
        _add_pixels(pixels, found)
        return theme.to_svg(figure)


def _add_curve(axes: matplotlib.axes.Axes, found: Reliability) -> None:
    axes.plot([0, 1], [0, 1], color=theme.INK, linewidth=0.9, linestyle=(0, (4, 3)))
    bins = [one for one in found.bins if one.pixels]
    line = ([one.mean for one in bins], [one.right for one in bins])
    axes.plot(*line, color=theme.colour(0), linewidth=1.8, marker="o", markersize=5)
    axes.set_ylabel("part that is bone")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid()
    axes.set_axisbelow(True)


def _add_pixels(axes: matplotlib.axes.Axes, found: Reliability) -> None:
    middles = [(one.low + one.high) / 2 for one in found.bins]
    width = 0.86 / len(found.bins)
    axes.bar(middles, [one.pixels for one in found.bins], width, color=theme.colour(0))
    axes.set_yscale("log")
    axes.set_ylim(bottom=1)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_ylabel("pixels")
    axes.set_xlabel("probability")
    axes.grid(axis="y")
    axes.set_axisbelow(True)
