from dataclasses import replace

import numpy as np
from pytest import approx

from handseg.report import calibration, reliability
from handseg.report.facts import Facts


def _counts(**bins: tuple[int, int, int]) -> calibration.Counts:
    found = np.zeros((29, 10, 3), np.int64)
    found[0, 9] = bins.get("first", (0, 0, 0))
    found[1, 9] = bins.get("second", (0, 0, 0))
    return found


def test_bones_come_by_how_little_they_are_to_be_believed(facts: Facts) -> None:
    scores = [replace(score, areas=np.full(29, 50.0)) for score in facts.scores]
    counted = {
        "first": _counts(first=(100, 90, 100 * 255), second=(100, 60, 100 * 255)),
        "second": _counts(first=(100, 90, 100 * 255)),
    }
    rows = reliability.worst_bones(replace(facts, scores=tuple(scores), calibration=counted))
    assert [row.name for row in rows] == ["finger-2", "finger-1"]
    assert [row.found.error for row in rows] == [approx(0.4), approx(0.1)]
    # eight images, held out by one member each, of 50 pixels: 400 of each bone in truth
    assert [row.unseen for row in rows] == [approx(1 - 60 / 400), approx(1 - 180 / 400)]


def test_an_image_that_two_members_held_out_counts_twice(facts: Facts) -> None:
    both = [
        replace(s, areas=np.full(29, 50.0), members={"a": s.overall, "b": s.overall})
        for s in facts.scores
    ]
    counted = {"a": _counts(first=(100, 90, 100 * 255))}
    (row,) = reliability.worst_bones(replace(facts, scores=tuple(both), calibration=counted))
    assert row.unseen == approx(1 - 90 / 800)


def test_members_and_bones_are_pooled_by_their_pixels() -> None:
    counted = {
        "a": _counts(first=(100, 100, 100 * 255)),
        "b": _counts(first=(200, 100, 200 * 255), second=(100, 100, 100 * 255)),
    }
    pooled = reliability.of_all(counted)
    assert pooled is not None
    assert (pooled.pixels, pooled.error) == approx((400, 0.25))  # 300 of 400 at probability 1
    alone = reliability.of_members(counted)
    assert alone["a"] is not None and alone["a"].error == 0
    assert alone["b"] is not None and alone["b"].error == approx(1 / 3)


def test_the_figure_takes_the_page_s_colours_and_is_always_the_same(facts: Facts) -> None:
    pooled = reliability.of_all(facts.calibration)
    assert pooled is not None
    svg = reliability.draw(pooled)
    assert svg.startswith("<svg") and "var(--series-1)" in svg and "mathdefault" not in svg
    assert reliability.draw(pooled) == svg
