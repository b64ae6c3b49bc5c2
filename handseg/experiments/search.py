"""Searches: a name or a YAML file -> what is fixed, what is varied, and how far."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import optuna

from handseg.errors import BadInput, shown, told
from handseg.presets import plain_yaml, sections
from handseg.settings import PreprocessSettings, SplitSettings, TrainSettings
from handseg.settings_bounds import is_finite
from handseg.settings_codec import from_dict

_FOLDER = resources.files("handseg.experiments") / "searches"
_SECTIONS = ("preprocess", "train")
_KEYS = ("split", "fold", "seed", "trials", *_SECTIONS, "search", "prune")


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """When a trial is given up: its best validation Dice so far is below the others' median."""

    startup_trials: int = 5
    """Trials that are trained to their end before any is given up."""
    warmup_fraction: float = 0.2
    """Part of every training that is not judged."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Numbers from low to high; whole ones where all of them are."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are tried."""
        given = (self.low, self.high, self.step or 1)
        return all(type(number) is int for number in given)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Values of any kind."""

    choices: tuple[str | int | float | bool, ...]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Settings that a trial is trained with."""

    preprocess: PreprocessSettings
    train: TrainSettings


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is fixed, what is varied, and how far."""

    name: str
    split: SplitSettings
    fold: int
    seed: int
    """Of the suggestions; that of the trainings is in `train`."""
    trials: int
    base: Mapping[str, Mapping[str, Any]]
    """preprocess and train, before anything is varied."""
    ranges: Mapping[str, Span | Choices]
    """By dotted setting, such as train.learning_rate."""
    pruning: Pruning

    def settings(self, values: Mapping[str, Any]) -> Trial:
        """The settings with these values in their places.

        Raises:
            BadInput: they do not go together.
        """
        made = {key: dict(self.base[key]) for key in _SECTIONS}
        for key, value in values.items():
            section, *path = key.split(".")
            change: Any = value
            for part in reversed(path):
                change = {part: change}
            made[section] = sections.merged(made[section], change)
        where = told(", ".join(f"{key} {value}" for key, value in values.items()))
        return Trial(
            preprocess=from_dict(PreprocessSettings, made["preprocess"], where=where),
            train=from_dict(TrainSettings, made["train"], where=where),
        )

    def suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Ask Optuna for one value of each range, by dotted setting."""
        return {key: _suggested(trial, key, found) for key, found in self.ranges.items()}

    def to_record(self) -> dict[str, Any]:
        """All that trials must share, JSON-shaped; more trials may be asked for later."""
        return {key: value for key, value in asdict(self).items() if key not in ("name", "trials")}


def _suggested(trial: optuna.Trial, key: str, found: Span | Choices) -> Any:
    if isinstance(found, Choices):
        return trial.suggest_categorical(key, found.choices)
    if found.is_whole:
        step = int(found.step or 1)
        return trial.suggest_int(key, int(found.low), int(found.high), step=step, log=found.log)
    return trial.suggest_float(key, found.low, found.high, step=found.step, log=found.log)


def names() -> list[str]:
    """The searches that come with the package, sorted."""
    return sections.names(_FOLDER)


def load(name_or_path: str) -> Search:
    """Read a search and check all of it.

    Raises:
        MissingInput: no such search or file.
        BadInput: an unknown key, or a value that cannot be right; the message names both.
    """
    text, name = sections.read(name_or_path, _FOLDER, kind="search")
    where = f"search {name_or_path}"
    given = plain_yaml.load_mapping(text, where=where)
    sections.check_keys(given, _KEYS, where)
    split = from_dict(
        SplitSettings, sections.mapping(given, "split", where), where=f"{where}: split"
    )
    ranges = {
        key: _range(key, value, where)
        for key, value in sections.mapping(given, "search", where).items()
    }
    found = Search(
        name=name,
        split=split,
        fold=_whole(given, "fold", 0, where),
        seed=_whole(given, "seed", 0, where),
        trials=_whole(given, "trials", 20, where),
        base={key: sections.mapping(given, key, where) for key in _SECTIONS},
        ranges=ranges,
        pruning=from_dict(
            Pruning, sections.mapping(given, "prune", where), where=f"{where}: prune"
        ),
    )
    _check(found, where)
    return found


def _range(key: str, value: Any, where: str) -> Span | Choices:
    section, _, rest = key.partition(".")
    if section not in _SECTIONS or not rest:
        raise BadInput(
            f"{where}: search: {shown(key)} must be a setting such as train.learning_rate"
        )
    place = f"{where}: search: {told(key)}"
    if isinstance(value, Mapping) and "choices" in value:
        sections.check_keys(value, ("choices",), place)
        choices = value["choices"]
        plain = isinstance(choices, list) and all(isinstance(c, str | int | float) for c in choices)
        if not plain or not choices:
            raise BadInput(
                f"{place}: choices must be a list of text or numbers, got {shown(choices)}"
            )
        return Choices(choices=tuple(choices))
    if not isinstance(value, Mapping) or "low" not in value or "high" not in value:
        raise BadInput(f"{place}: give choices, or low and high; got {shown(value)}")
    sections.check_keys(value, ("low", "high", "step", "log"), place)
    return _span(value, place)


def _span(value: Mapping[str, Any], place: str) -> Span:
    step = [] if value.get("step") is None else [value["step"]]
    if not all(map(is_finite, (value["low"], value["high"], *step))):
        raise BadInput(f"{place}: low, high and step must be numbers, got {shown(dict(value))}")
    if type(value.get("log", False)) is not bool:
        raise BadInput(f"{place}: log must be true or false, got {shown(value['log'])}")
    found = Span(**value)
    if not found.low < found.high or (found.step is not None and found.step <= 0):
        raise BadInput(
            f"{place}: low must be below high and step above 0, got {shown(dict(value))}"
        )
    if found.log and (found.low <= 0 or found.step is not None):
        raise BadInput(f"{place}: log needs low above 0 and no step, got {shown(dict(value))}")
    return found


def _whole(given: Mapping[str, Any], key: str, default: int, where: str) -> int:
    value = given.get(key, default)
    if type(value) is not int or value < 0:
        raise BadInput(f"{where}: {key} must be a whole number of 0 or more, got {shown(value)}")
    return value


def _check(search: Search, where: str) -> None:
    """Refuse what no trial could be trained with: each end of each range by itself."""
    if not search.ranges:
        raise BadInput(
            f"{where}: search: nothing to vary; give a range, such as train.learning_rate"
        )
    if search.fold >= search.split.folds:
        raise BadInput(f"{where}: fold {search.fold} of {search.split.folds}, counted from 0")
    for key, found in search.ranges.items():
        ends = found.choices if isinstance(found, Choices) else (found.low, found.high)
        for value in ends:
            try:
                search.settings({key: value})
            except BadInput as error:
                raise BadInput(f"{where}: search: {error}") from error
