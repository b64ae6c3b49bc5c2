"""Members alike but for fold and seed are a family: they tell about each other on other images."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from handseg.settings import TrainSettings

_ALIKE = ("seed", "device", "threads", "workers", "checkpoint_minutes")
"""Settings that may differ within a family: none changes what is learned but by chance."""


def labels(names: Sequence[str], settings: Sequence[TrainSettings]) -> list[str]:
    """The family of each member, named by its network, sizes and length.

    Args:
        names: of the members.
        settings: how each was trained.

    Returns:
        One label for each member, the same for members of one family and no others.
    """
    keys = [_key(train) for train in settings]
    first = {key: index for index, key in reversed(list(enumerate(keys)))}
    told = {key: _words(settings[index]) for key, index in first.items()}
    shared = {words for words in told.values() if list(told.values()).count(words) > 1}
    for key, index in first.items():
        if told[key] in shared:
            told[key] = f"{told[key]}, as {names[index]}"
    return [told[key] for key in keys]


def _key(train: TrainSettings) -> str:
    values = {name: value for name, value in asdict(train).items() if name not in _ALIKE}
    return json.dumps(values, sort_keys=True)


def _words(train: TrainSettings) -> str:
    model = train.model
    return f"{model.name} {model.input_px} -> {model.output_px} px, {train.length:g} {train.unit}"
