import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.settings_codec import from_dict
from handseg.training.loss_curve import MOST, LossCurve


def course(total: int, *, curve: LossCurve | None = None, first: int = 0) -> LossCurve:
    found = curve or LossCurve()
    for step in range(first + 1, total + 1):
        found = found.after(1 / step, step=step, total=total, epoch=step / 8)
    return found


@given(st.integers(1, 1500))
def test_a_training_of_any_length_has_few_points_and_ends_with_its_last_step(total: int) -> None:
    points = course(total).points
    assert min(total, MOST / 2) <= len(points) <= MOST
    assert (points[-1].step, points[-1].epoch) == (total, total / 8)


def test_a_point_is_the_mean_over_its_stretch() -> None:
    points = course(3 * MOST - 1).points
    assert [point.step for point in points[:2]] == [3, 6]
    assert points[1].loss == pytest.approx((1 / 4 + 1 / 5 + 1 / 6) / 3, abs=1e-6)
    assert points[-1].loss == pytest.approx((1 / 598 + 1 / 599) / 2, abs=1e-6)


@pytest.mark.parametrize("cut", [1, 7, 9, 10, 899])
def test_a_curve_saved_on_the_way_goes_on_as_if_it_had_not_been(cut: int) -> None:
    half = LossCurve()
    for step in range(1, cut + 1):
        half = half.after(1 / step, step=step, total=900, epoch=step / 8)
    saved = from_dict(LossCurve, json.loads(json.dumps(asdict(half))), where="state")
    assert course(900, curve=saved, first=cut) == course(900)
