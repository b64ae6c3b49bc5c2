import numpy as np
import pytest

from handseg.ensemble import interval


def test_the_mean_is_over_images_and_lies_within() -> None:
    values = np.random.default_rng(0).normal(0.1, 0.05, 40)
    people = [f"ID{number // 2}" for number in range(40)]
    found = interval.over_people(values, people)
    assert found.mean == pytest.approx(values.mean())
    assert found.low < found.mean < found.high


def test_it_is_as_wide_as_the_formula_for_people_says() -> None:
    # 200 people with two equal images each: 1.96 · s / sqrt(200), not sqrt(400)
    of_people = np.random.default_rng(1).normal(0, 1, 200)
    found = interval.over_people(np.repeat(of_people, 2), [str(n // 2) for n in range(400)])
    wanted = 2 * 1.96 * of_people.std() / np.sqrt(200)
    assert found.high - found.low == pytest.approx(wanted, rel=0.1)


def test_people_who_agree_leave_no_doubt() -> None:
    found = interval.over_people(np.full(6, 0.25), list("aabbcc"))
    assert (found.low, found.mean, found.high) == (0.25, 0.25, 0.25)


def test_the_same_draws_every_time() -> None:
    values = np.arange(8.0)
    assert interval.over_people(values, list("aabbccdd")) == interval.over_people(
        values, list("aabbccdd")
    )
