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


def test_columns_are_drawn_together_and_each_is_what_it_is_alone() -> None:
    values = np.random.default_rng(2).normal(0.9, 0.05, (12, 3))
    people = [f"ID{number // 2}" for number in range(12)]
    for column, found in zip(values.T, interval.of_columns(values, people), strict=True):
        alone = interval.over_people(column, people)
        assert (found.low, found.mean, found.high) == pytest.approx(
            (alone.low, alone.mean, alone.high)
        )


def test_of_two_people_a_quarter_of_the_draws_is_the_worse_one_twice() -> None:
    # 1 in 4 draws takes the first person twice, 1 in 4 the second: both tails reach the ends
    found = interval.over_people(np.array([0.2, 0.8, 0.8]), ["a", "b", "b"])
    assert (found.low, found.high) == pytest.approx((0.2, 0.8))
    assert found.mean == pytest.approx(0.6)


def test_many_people_are_drawn_a_few_draws_at_a_time_and_all_the_same() -> None:
    people = [f"ID{number:03}" for number in range(300)]
    values = np.random.default_rng(3).random(300)
    assert interval._DRAWS * len(people) > interval._AT_ONCE
    drawn = np.random.default_rng(0).multinomial(300, [1 / 300] * 300, size=interval._DRAWS)
    low, high = np.percentile(drawn @ values / 300, (2.5, 97.5))
    found = interval.over_people(values, people)
    assert (found.low, found.high) == pytest.approx((low, high))
