import math

import pytest

from handseg.report import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "under 1 s"), (0.04, "under 0.1 s"), (0.4, "0.4 s"), (1.0, "1 s"),
     (9.94, "9.9 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"),
     (7200, "2.0 h"), (90_000, "25.0 h")],
)  # fmt: skip
def test_durations_are_said_in_the_unit_a_person_would_use(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_counts_agree_with_their_noun() -> None:
    assert wording.count(1, "image") == "1 image"
    assert wording.count(1200, "image") == "1,200 images"
    assert wording.count(2, "person") == "2 people"


def test_a_long_list_of_names_is_cut_and_counted() -> None:
    assert wording.some(["a", "b"], most=2) == "a, b"
    assert wording.some(["a", "b", "c"], most=2) == "a, b and 1 more"


def test_a_dice_that_does_not_exist_is_a_dash() -> None:
    assert wording.dice(None) == wording.dice(math.nan) == "–"
    assert wording.dice(0.97301) == "0.9730"


def test_preprocessing_names_the_factors_that_are_not_1() -> None:
    said = wording.preprocessing({"sharpness": 2.0, "gamma": 1.0, "contrast": 1.5})
    assert said == (
        "At full size, before any resize: sharpness 2, contrast 1.5; every other factor is 1."
    )
    assert wording.preprocessing({"sharpness": 1}) == "The pixels were taken as they are."


def test_saturation_is_said_to_be_the_identity() -> None:
    assert "on three equal channels the adjustment is the identity" in wording.SATURATION
