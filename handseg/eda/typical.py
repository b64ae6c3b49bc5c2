"""What is usual among many images, and how many robust deviations one is from it."""

import warnings

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_TO_DEVIATION = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
LEAST_IMAGES = 6
"""Fewer say nothing of what is usual."""


def deviations(values: Values, *, least: float) -> Values:
    """How many deviations each value is from the median of its column, signed.

    Args:
        values: float64 (images, ...), NaN where there is none.
        least: the least that a deviation is, in the values' own unit: few images, or images that
            are nearly alike, would make one of nothing.

    Returns:
        float64 of the same shape, NaN where the value is; 0 where there are under LEAST_IMAGES.
    """
    if len(values) < LEAST_IMAGES:
        return np.where(np.isnan(values), np.nan, 0.0)
    usual = middle(values)
    spread = _TO_DEVIATION * middle(np.abs(values - usual))
    return np.asarray((values - usual) / np.maximum(spread, least))


def middle(values: Values) -> Values:
    """Median of each column of float64 (images, ...) over what is not NaN; NaN where all is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return np.asarray(np.nanmedian(values, axis=0))
