from collections.abc import Callable

import optuna
import pytest

from handseg.errors import BadInput
from handseg.experiments import search
from handseg.experiments.search import Choices, Span
from handseg.presets import catalogue

Write = Callable[[str], str]
SEARCH = """
split: {folds: 3}
train: {model: {name: unet, input_px: 64, output_px: 64}, length: 2}
search:
  train.learning_rate: {low: 1e-4, high: 1e-2, log: true}
  train.batch_size: {low: 2, high: 6, step: 2}
  preprocess.sharpness: {choices: [1.0, 2.0]}
"""


def test_a_range_is_of_numbers_or_choices(write: Write) -> None:
    found = search.load(write(SEARCH)).ranges
    assert found["train.learning_rate"] == Span(low=1e-4, high=1e-2, log=True)
    assert found["train.batch_size"] == Span(low=2, high=6, step=2)
    assert found["preprocess.sharpness"] == Choices(choices=(1.0, 2.0))


def test_whole_numbers_stay_whole(write: Write) -> None:
    found = search.load(write(SEARCH))
    values = found.suggest(optuna.create_study().ask())
    assert type(values["train.batch_size"]) is int and values["train.batch_size"] in (2, 4, 6)
    assert 1e-4 <= values["train.learning_rate"] <= 1e-2


def test_values_take_their_places_in_the_settings(write: Write) -> None:
    made = search.load(write(SEARCH)).settings(
        {"train.learning_rate": 0.005, "preprocess.sharpness": 1.0}
    )
    assert (made.train.learning_rate, made.preprocess.sharpness) == (0.005, 1.0)
    assert made.train.model.name == "unet"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("train.batch_size", "train.batch_sise"), "unknown setting 'batch_sise'"),
        (("train.batch_size", "batch_size"), "'batch_size' must be a setting such as"),
        (("low: 2, high: 6", "low: 0, high: 6"), "batch_size must be 1 or more, got 0"),
        (("low: 2, high: 6", "low: 6, high: 2"), "low must be below high"),
        (("low: 1e-4", "low: 0.0"), "log needs low above 0"),
        (("[1.0, 2.0]", "[]"), "choices must be a list"),
        (("[1.0, 2.0]", "[-1.0]"), "sharpness must be 0 or more, got -1.0"),
        (("split:", "fold: 3\nsplit:"), "fold 3 of 3, counted from 0"),
        (("split:", "trails: 3\nsplit:"), "unknown key 'trails'; did you mean trials"),
        (("low: 1e-4", "low: null"), "low, high and step must be numbers"),
        (("low: 1e-4", f"low: 1{'0' * 400}"), "low, high and step must be numbers"),
        (("log: true", "log: 1"), "log must be true or false, got 1"),
        (("[1.0, 2.0]", "[-1.0]"), r"^search .*mine\.yaml: search: preprocess\.sharpness -1.0: "),
    ],
)
def test_a_mistake_is_refused_before_the_first_trial(
    write: Write, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        search.load(write(SEARCH.replace(*change)))


@pytest.mark.parametrize("name", search.names())
def test_each_search_that_comes_along_loads(name: str) -> None:
    found = search.load(name)
    assert found.trials > found.pruning.startup_trials


def test_a_search_is_no_preset(write: Write) -> None:
    with pytest.raises(BadInput, match="unknown key"):
        catalogue.load(write(SEARCH))
