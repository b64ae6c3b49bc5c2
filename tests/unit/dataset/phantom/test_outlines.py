import numpy as np
import pytest

from handseg.dataset.phantom import outlines

SQUARE = np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)])


def test_area_of_a_square() -> None:
    assert outlines.area(SQUARE) == pytest.approx(16)  # 4 * 4


def test_smooth_curve_passes_through_its_control_points() -> None:
    curve = outlines.smooth(SQUARE)
    assert len(curve) == 32  # 4 points, 8 steps
    assert curve[::8] == pytest.approx(SQUARE)


def test_cut_keeps_the_part_inside() -> None:
    # the square from 1 to 3, and the quarter of it beyond x = 3 gone on one side
    assert outlines.area(outlines.cut(SQUARE, 1, 10)) == pytest.approx(9)  # 3 * 3
    assert outlines.area(outlines.cut(SQUARE, 0, 3)) == pytest.approx(9)
    assert outlines.cut(SQUARE, -1, 5) == pytest.approx(SQUARE)


def test_turn_is_clockwise_on_the_screen() -> None:
    # y points down: a quarter turn clockwise takes right to down
    assert outlines.turn(np.array([(1.0, 0.0)]), 90, (0.0, 0.0)) == pytest.approx(
        np.array([(0.0, 1.0)])
    )


def test_roughening_by_nothing_changes_nothing() -> None:
    assert outlines.roughen(SQUARE, np.zeros(6), 0.1) == pytest.approx(SQUARE)


def test_joined_outline_encloses_both_squares() -> None:
    joined = outlines.join(SQUARE * 10, SQUARE * 10 + (20, 0))
    # 40 x 40 and 40 x 40, half of one under the other: 60 x 40, to the quarter pixel
    assert outlines.area(joined) == pytest.approx(2400, rel=0.03)


def test_annotation_drops_repeated_corners_but_keeps_three() -> None:
    tiny = outlines.annotate(SQUARE / 20, 0.05)
    assert len(tiny) >= 3
    corners = outlines.annotate(SQUARE * 10, 10)
    assert corners.dtype == np.int32
    assert len(corners) == 16  # 160 px around, one every 10
