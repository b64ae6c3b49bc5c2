"""Histograms of train against test, as SVG in the page's colours."""

import matplotlib.figure
import numpy as np

from handseg.eda.summary import Distribution
from handseg.report import theme

_BINS = 24


def histogram(distribution: Distribution) -> str:
    """Both parts as shares of their images, over each other.

    Returns:
        An <svg> element; train in the page's first colour, filled, test in its second, as a line.
    """
    everything = [*distribution.train, *distribution.test]
    edges = np.histogram_bin_edges(everything or [0.0], bins=_BINS)
    with theme.styled(distribution.name):
        figure = matplotlib.figure.Figure(figsize=(5.4, 2.9), layout="constrained")
        axes = figure.add_subplot()
        for number, values in enumerate((distribution.train, distribution.test)):
            if values:
                shares = np.histogram(values, edges)[0] / len(values) * 100
                axes.stairs(
                    shares, edges, color=theme.colour(number), fill=not number,
                    alpha=None if number else 0.45, linewidth=0 if not number else 2,
                )  # fmt: skip
        axes.set_xlabel(f"{distribution.name}, {distribution.unit}")
        axes.set_ylabel("% of the part's images")
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.set_ylim(bottom=0)
        return theme.to_svg(figure)


def numbers(values: list[float], *, label: str, salt: str) -> str:
    """One histogram of counts, such as ages."""
    with theme.styled(salt):
        figure = matplotlib.figure.Figure(figsize=(3.6, 2.3), layout="constrained")
        axes = figure.add_subplot()
        axes.hist(values, bins=min(_BINS, max(4, len(values) // 4)), color=theme.colour(0))
        axes.set_xlabel(label)
        axes.set_ylabel("people")
        axes.set_axisbelow(True)
        axes.grid(axis="y")
        return theme.to_svg(figure)
