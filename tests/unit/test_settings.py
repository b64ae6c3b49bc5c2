import dataclasses
from typing import Any

import pytest

from handseg.settings import (
    AugmentSettings,
    EnsembleSettings,
    InferSettings,
    ModelSettings,
    PreprocessSettings,
    SplitSettings,
    TrainSettings,
)

_ALL = (
    SplitSettings,
    PreprocessSettings,
    ModelSettings,
    AugmentSettings,
    TrainSettings,
    InferSettings,
    EnsembleSettings,
)


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (SplitSettings, {"folds": 1}, "folds must be 2 to 1000, got 1"),
        (PreprocessSettings, {"sharpness": -1}, "sharpness must be 0 or more, got -1"),
        (PreprocessSettings, {"contrast": float("nan")}, "contrast must be 0 or more, got nan"),
        (PreprocessSettings, {"gamma": 0}, "gamma must be above 0, got 0"),
        (PreprocessSettings, {"compression": "lz4"}, "must be one of none, zstd, got 'lz4'"),
        (ModelSettings, {"input_px": 8}, "input_px must be at least 16, got 8"),
        (ModelSettings, {"output_px": 500}, "at least input_px 512, got 500"),
        (ModelSettings, {"filters": [8, 0]}, r"filters must be positive, got \[8, 0\]"),
        (AugmentSettings, {"flip": 1.5}, "flip must be between 0 and 1, got 1.5"),
        (AugmentSettings, {"scale_fraction": float("nan")}, "scale_fraction must be between"),
        (AugmentSettings, {"rotate_degrees": 200}, "between 0 and 180, got 200"),
        (TrainSettings, {"length": 0}, "length must be above 0, got 0"),
        (TrainSettings, {"length": float("inf")}, "length must be above 0, got inf"),
        (TrainSettings, {"unit": "hours"}, "unit must be one of epochs, steps, minutes"),
        (TrainSettings, {"batch_size": 0}, "batch_size must be 1 or more, got 0"),
        (TrainSettings, {"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
        (TrainSettings, {"weight_decay": -1e-6}, "weight_decay must be 0 or more"),
        (TrainSettings, {"ema": 1}, "ema must be at least 0 and below 1, got 1"),
        (TrainSettings, {"warmup_fraction": 2}, "warmup_fraction must be between 0 and 1, got 2"),
        (TrainSettings, {"checkpoint_minutes": 0}, "checkpoint_minutes must be above 0, got 0"),
        (TrainSettings, {"validate_every": 0}, "validate_every must be 1 or more, got 0"),
        (TrainSettings, {"threads": -1}, "threads must be 0 or more, got -1"),
        (TrainSettings, {"workers": -1}, "workers must be 0 or more, got -1"),
        (TrainSettings, {"seed": -1}, "seed must be 0 or more, got -1"),
        (TrainSettings, {"sizes_px": [512]}, "sizes_px has 1 entries, sizes_fraction 0"),
        (
            TrainSettings,
            {"sizes_px": [512, 256], "sizes_fraction": [0.5, 0.5]},
            "the last of sizes_px must be model.input_px 512",
        ),
        (
            TrainSettings,
            {"sizes_px": [8, 512], "sizes_fraction": [0.5, 0.5]},
            "sizes_px must be at least 16 each",
        ),
        (
            TrainSettings,
            {"sizes_px": [256, 512], "sizes_fraction": [0.5, 0.4]},
            "sizes_fraction must add up to 1, got 0.9",
        ),
        (
            TrainSettings,
            {"sizes_px": [256, 512], "sizes_fraction": [0.0, 1.0]},
            "sizes_fraction must be above 0 each",
        ),
        (
            InferSettings,
            {"backend": "onnxruntime", "compile": True},
            "backend is onnxruntime, which torch.compile is not a part of",
        ),
        (InferSettings, {"batch_size": 0}, "batch_size must be at least 1, got 0"),
        (InferSettings, {"threads": -1}, "threads must be 0 or more, got -1"),
        (InferSettings, {"cut_level": 0}, "cut_level must be 1 to 127, got 0"),
        (InferSettings, {"device": "tpu"}, "device must be one of auto, cpu, cuda, got 'tpu'"),
        (EnsembleSettings, {"threshold": 0.05}, "at least 0.1 .* got 0.05"),
        (EnsembleSettings, {"threshold": 1.0}, "below 1, got 1.0"),
    ],
)
def test_nonsense_is_refused_with_its_value(cls: type, values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cls(**values)


@pytest.mark.parametrize("cls", _ALL)
def test_settings_cannot_be_changed(cls: type) -> None:
    settings = cls()
    name = dataclasses.fields(settings)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(settings, name, getattr(settings, name))


@pytest.mark.parametrize("cls", _ALL)
def test_two_of_the_same_values_are_equal(cls: type) -> None:
    assert cls() == cls()
