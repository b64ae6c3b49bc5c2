import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg import settings_codec
from handseg.errors import BadInput
from handseg.settings import (
    EnsembleSettings,
    InferSettings,
    ModelSettings,
    PreprocessSettings,
    SplitSettings,
    TrainSettings,
)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    weight: float | None = None
    counts: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Tree:
    leaf: Leaf = field(default_factory=Leaf)
    ready: bool = False


@pytest.mark.parametrize(
    "cls", [SplitSettings, PreprocessSettings, TrainSettings, InferSettings, EnsembleSettings]
)
def test_no_values_give_the_defaults(cls: type) -> None:
    assert settings_codec.from_dict(cls, {}) == cls()


@pytest.mark.parametrize(
    "values",
    [
        {"leaf": {"weight": 10**400}},
        {"leaf": {"weight": "\u202e" * 10_000}},
        {"leaf": {"counts": "x" * 10_000}},
        {"leaf": ["x" * 10_000]},
        {"y\u202e" * 10_000: 1},
        ["x" * 10_000],
    ],
)
def test_any_value_is_refused_in_printable_text_of_bounded_length(values: Any) -> None:
    with pytest.raises(BadInput) as refusal:
        settings_codec.from_dict(Tree, values)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 400


@given(
    length=st.floats(min_value=0.5, max_value=1e6),
    batch=st.integers(min_value=1, max_value=64),
    unit=st.sampled_from(["epochs", "steps", "minutes"]),
    filters=st.lists(st.integers(min_value=1, max_value=512), max_size=5),
)
def test_settings_survive_json_and_doubles(
    length: float, batch: int, unit: str, filters: list[int]
) -> None:
    given_values = {
        "length": length,
        "batch_size": float(batch),
        "unit": unit,
        "model": {"filters": [float(f) for f in filters]},
    }
    settings = settings_codec.from_dict(TrainSettings, given_values)
    assert type(settings.batch_size) is int
    assert settings.model.filters == filters
    again = json.loads(json.dumps(dataclasses.asdict(settings)))
    assert settings_codec.from_dict(TrainSettings, again) == settings


def test_nested_settings_keep_the_defaults_of_what_is_left_out() -> None:
    settings = settings_codec.from_dict(TrainSettings, {"model": {"input_px": 256}})
    assert settings.model == ModelSettings(input_px=256)


def test_an_optional_value_may_be_none_or_its_type() -> None:
    assert settings_codec.from_dict(Tree, {"leaf": {"weight": None}}).leaf.weight is None
    assert settings_codec.from_dict(Tree, {"leaf": {"weight": 2}}).leaf.weight == 2.0


def test_an_int_becomes_a_float_where_a_float_is_meant() -> None:
    settings = settings_codec.from_dict(PreprocessSettings, {"sharpness": 3})
    assert type(settings.sharpness) is float


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (SplitSettings, {"fold": 3}, r"settings: unknown setting 'fold'; did you mean folds\?"),
        (SplitSettings, {"xyz": 3}, "unknown setting 'xyz'; known: folds"),
        (SplitSettings, {"folds": 2.5}, r"settings\.folds: must be of type int, got 2\.5"),
        (SplitSettings, {"folds": True}, "must be of type int, got True"),
        (SplitSettings, {"folds": "3"}, "must be of type int, got '3'"),
        (SplitSettings, {"folds": float("nan")}, "must be of type int, got nan"),
        (SplitSettings, {"folds": 1}, "settings: folds must be 2 to 1000, got 1"),
        (PreprocessSettings, {"gamma": False}, "must be of type float, got False"),
        (PreprocessSettings, {"compression": "lz4"}, "must be one of none, zstd, got 'lz4'"),
        (TrainSettings, {"model": {"depth": 3}}, r"settings\.model: unknown setting 'depth'"),
        (TrainSettings, {"model": 3}, r"settings\.model: expected a mapping of settings, got 3"),
        (TrainSettings, {"model": {"input_px": 8}}, r"settings\.model: input_px must be at least"),
        (TrainSettings, {"sizes_px": 3}, r"settings\.sizes_px: expected a list, got 3"),
        (TrainSettings, {"sizes_px": [96, "x"]}, r"settings\.sizes_px\[1\]: must be of type int"),
        (TrainSettings, {"prior_bias": 1}, "must be of type bool, got 1"),
        (Tree, {"ready": None}, "must be of type bool, got None"),
        (Tree, {"leaf": {"weight": "heavy"}}, r"settings\.leaf\.weight: must be of type float"),
    ],
)
def test_what_cannot_be_right_is_named(cls: type, values: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        settings_codec.from_dict(cls, values)


def test_the_place_named_in_messages_is_the_callers() -> None:
    with pytest.raises(BadInput, match=r"^smoke\.yaml: split: unknown setting 'k'"):
        settings_codec.from_dict(SplitSettings, {"k": 1}, where="smoke.yaml: split")


def test_a_field_type_that_is_no_setting_is_a_programming_error() -> None:
    @dataclass(frozen=True)
    class Odd:
        value: complex = 0j

    with pytest.raises(TypeError, match="cannot be of type"):
        settings_codec.from_dict(Odd, {"value": 1})
