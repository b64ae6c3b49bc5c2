import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.masks import moments, rle


def of(mask: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> moments.Moments:
    found = moments.of_runs(rle.runs_of(mask), mask.shape[1])
    assert found is not None
    return found


def test_an_empty_mask_has_none() -> None:
    assert moments.of_runs(rle.empty(), 10) is None


def test_a_rectangle() -> None:
    # Rows 2 to 5, columns 3 to 12: centre (7.5, 3.5); of n pixels in a row the variance is
    # (n^2 - 1) / 12 and of each pixel 1 / 12, so n^2 / 12: axes 4 sqrt(100 / 12), 4 sqrt(16 / 12).
    mask = np.zeros((10, 20), np.bool_)
    mask[2:6, 3:13] = True
    found = of(mask)
    assert (found.x, found.y) == (7.5, 3.5)
    assert found.long_axis == pytest.approx(4 * (100 / 12) ** 0.5)
    assert found.short_axis == pytest.approx(4 * (16 / 12) ** 0.5)
    assert abs(found.angle) == pytest.approx(90)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 9), st.integers(1, 9))
def test_turned_by_a_right_angle_the_axes_stay(
    top: int, left: int, height: int, width: int
) -> None:
    mask = np.zeros((24, 24), np.bool_)
    mask[top : top + height, left : left + width] = True
    one, other = of(mask), of(np.ascontiguousarray(mask.T))
    assert (one.x, one.y) == pytest.approx((other.y, other.x))
    assert (one.long_axis, one.short_axis) == pytest.approx((other.long_axis, other.short_axis))
