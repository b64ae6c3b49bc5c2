"""Cost against work is judged by a line for seconds and a bound for memory."""

import json
from pathlib import Path

import matplotlib.image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.dataset.phantom import writer
from tests.benchmarks.scale import alone
from tests.benchmarks.scale.__main__ import written
from tests.benchmarks.scale.course import Course, Line, Memory
from tests.benchmarks.scale.plans import PLANS
from tests.benchmarks.scale.plot import draw


def course(seconds: list[float], peak_mb: list[float], memory: Memory = "constant") -> Course:
    return Course(
        name="vote_images",
        title="ensemble",
        unit="images",
        memory=memory,
        amounts=[50, 100, 200, 400],
        seconds=seconds,
        peak_mb=peak_mb,
    )


def test_a_line_is_fitted_by_least_squares() -> None:
    # Means 2 and 4; slope (1*2 + 0 + 1*3) / 2 = 2.5, through (2, 4): -1 at none. What is left is
    # 0.5, -1, 0.5 of -2, -1, 3: R2 = 1 - 1.5 / 14.
    line = Line.through([1, 2, 3], [2.0, 3.0, 7.0])
    assert line.each == pytest.approx(2.5)
    assert line.none == pytest.approx(-1)
    assert line.r2 == pytest.approx(1 - 1.5 / 14)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_what_lies_on_a_line_is_explained_whole(each: float, none: float) -> None:
    amounts = [1, 2, 4, 8]
    values = [each * amount + none for amount in amounts]
    assert Line.through(amounts, values).each == pytest.approx(each, abs=1e-9)
    if abs(each) > 1e-3:
        assert Line.through(amounts, values).r2 == pytest.approx(1)


def test_linear_seconds_and_constant_memory_have_no_fault() -> None:
    assert not course([1.0, 1.5, 2.5, 4.5], [100, 104, 103, 110]).faults


def test_what_grows_faster_than_its_work_is_named() -> None:
    cubes = [(n / 50) ** 3 for n in (50, 100, 200, 400)]
    (fault,) = course(cubes, [100] * 4).faults
    assert fault.startswith("vote_images: seconds are not linear in images: R2 is 0.9")


def test_memory_that_must_be_constant_and_grows_is_named() -> None:
    (fault,) = course([1, 2, 4, 8], [100, 105, 111, 125]).faults
    assert fault == (
        "vote_images: memory is not constant: with images from 50 to 400 its peak grows by 25%, "
        "at most 15% is expected"
    )


def test_memory_may_grow_where_it_is_expected_to() -> None:
    assert not course([1, 2, 4, 8], [100, 150, 250, 450], memory="linear").faults


def test_courses_are_drawn_and_written_for_machines(tmp_path: Path) -> None:
    courses = [
        course([1, 2, 4, 8], [100] * 4),
        course([1, 2, 4, 8], [100, 150, 250, 450], "linear"),
    ]
    draw(courses, tmp_path / "scale.png")
    height, width, _ = matplotlib.image.imread(tmp_path / "scale.png").shape
    assert width > height > 500
    found = json.loads(written(courses))
    assert found["cores"] >= 1 and found["cpu"]
    first, second = found["courses"]
    assert first["seconds_each"] == pytest.approx(0.02) and first["r2"] == pytest.approx(1)
    assert second["memory_growth"] == pytest.approx(3.5) and second["faults"] == []


def test_a_command_is_measured_and_leaves_nothing(tmp_path: Path) -> None:
    writer.write_dataset(tmp_path / "hands", people=2, size=64, workers=1)
    words = ["split", "--data", str(tmp_path / "hands"), "--settings.folds", "2"]
    taken = alone.run(words, words, tmp_path / "work")
    assert taken.seconds > 0 and taken.peak_mb > 10
    assert not (tmp_path / "work").exists()


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    words = ["split", "--data", str(tmp_path / "none")]
    with pytest.raises(RuntimeError, match="exit code 2"):
        alone.run(words, words, tmp_path / "work")


def test_names_are_stable() -> None:
    names = ["vote_images", "vote_members", "infer_images", "preprocess_people"]
    assert [plan.name for plan in PLANS] == names
    assert all(list(plan.amounts) == sorted(plan.amounts) for plan in PLANS)
