"""One entry of an experiment table, laid over what the table says for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from handseg.errors import BadInput, shown
from handseg.experiments.arm import Arm, Training, Vote, Voter, Weighing
from handseg.presets.sections import check_keys, mapping, merged
from handseg.settings import EnsembleSettings, InferSettings, PreprocessSettings, TrainSettings
from handseg.settings_bounds import is_finite
from handseg.settings_codec import from_dict

SECTIONS = ("preprocess", "train", "infer", "ensemble")
_NOTES = ("name", "note", "reported", "against", "folds", "seeds")
_TRAINED = (*_NOTES, *SECTIONS)
_VOTED = (*_NOTES[:4], "seeds", "vote", "ensemble")
"""An arm that votes trains nothing: its members say what they are made with."""
_LONGEST = 80
_SHARED = ("device", "precision", "threads")
"""Settings of a training that its predictions take too, unless `infer` says otherwise."""


@dataclass(frozen=True)
class Base:
    """What a table says for all its arms."""

    sections: Mapping[str, Mapping[str, Any]]
    folds: tuple[int, ...]
    seeds: tuple[int, ...]


def read(value: Any, base: Base, place: str) -> Arm:
    """Read one arm.

    Args:
        value: the entry as the YAML file has it.
        base: what is said for all arms.
        place: where the entry stands, for messages.

    Raises:
        BadInput: names the key and the value.
    """
    if not isinstance(value, Mapping):
        raise BadInput(f"{place}: expected a mapping, got {shown(value)}")
    votes = "vote" in value
    check_keys(value, _VOTED if votes else _TRAINED, place)
    name = value.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST or not name.isprintable():
        limit = f"name must be printable text of at most {_LONGEST} characters"
        raise BadInput(f"{place}: {limit}, got {shown(name)}")
    place = f"{place} ({name})"
    if not isinstance(value.get("against"), str | None):
        raise BadInput(f"{place}: against must be an arm's name, got {shown(value['against'])}")
    how = _vote(mapping(value, "vote", place), place) if votes else _training(value, base, place)
    return Arm(
        name=name,
        note=str(value.get("note", "")),
        reported=_reported(value, place),
        against=value.get("against"),
        folds=() if votes else whole_numbers(value, "folds", base.folds, place),
        seeds=whole_numbers(value, "seeds", base.seeds, place),
        how=how,
        ensemble=from_dict(
            EnsembleSettings, _section("ensemble", value, base, place), where=f"{place}: ensemble"
        ),
    )


def _training(value: Mapping[str, Any], base: Base, place: str) -> Training:
    train = from_dict(TrainSettings, _section("train", value, base, place), where=f"{place}: train")
    if "seed" in mapping(value, "train", place) or "seed" in base.sections["train"]:
        raise BadInput(f"{place}: train.seed: the table's seeds set it; give seeds: [...]")
    shared = {key: getattr(train, key) for key in _SHARED}
    infer = merged(shared, _section("infer", value, base, place))
    return Training(
        train=train,
        preprocess=from_dict(
            PreprocessSettings,
            _section("preprocess", value, base, place),
            where=f"{place}: preprocess",
        ),
        infer=from_dict(InferSettings, infer, where=f"{place}: infer"),
    )


def _section(key: str, value: Mapping[str, Any], base: Base, place: str) -> dict[str, Any]:
    return merged(base.sections[key], mapping(value, key, place))


def _vote(value: Mapping[str, Any], place: str) -> Vote:
    check_keys(value, ("members", "weights"), f"{place}: vote")
    members = value.get("members")
    if not isinstance(members, list) or not members:
        raise BadInput(f"{place}: vote.members: expected a list of arms, got {shown(members)}")
    voters = tuple(
        _voter(member, f"{place}: vote.members[{i}]") for i, member in enumerate(members)
    )
    return Vote(voters=voters, weights=_weights(value.get("weights"), voters, f"{place}: vote"))


def _voter(value: Any, place: str) -> Voter:
    found = {"arm": value} if isinstance(value, str) else value
    return from_dict(Voter, found, where=place)


def _weights(value: Any, voters: tuple[Voter, ...], place: str) -> Weighing | tuple[float, ...]:
    if value in get_args(Weighing):
        return value  # type: ignore[no-any-return]
    if not isinstance(value, list):
        raise BadInput(
            f"{place}.weights: {shown(value)}; give one of {', '.join(get_args(Weighing))}, "
            "or a list"
        )
    numbers = tuple(float(weight) for weight in value if _is_weight(weight))
    if len(numbers) != len(voters) or not any(numbers):
        raise BadInput(
            f"{place}.weights: {shown(value)} for {len(voters)} members; give a number of 0 or "
            "more for each, not all 0"
        )
    return numbers


def _is_weight(value: Any) -> bool:
    return is_finite(value) and value >= 0


def _reported(value: Mapping[str, Any], place: str) -> float | None:
    reported = value.get("reported")
    if reported is None or (type(reported) is float and 0 < reported <= 1):
        return reported
    raise BadInput(f"{place}: reported must be a Dice above 0 and at most 1, got {shown(reported)}")


def whole_numbers(
    value: Mapping[str, Any], key: str, default: Sequence[int], place: str
) -> tuple[int, ...]:
    """Read a list of different whole numbers of 0 or more, such as folds or seeds.

    Raises:
        BadInput: it is something else.
    """
    found = value.get(key, default)
    if (
        not isinstance(found, list | tuple)
        or not found
        or any(type(number) is not int or number < 0 for number in found)
        or len(set(found)) < len(found)
    ):
        raise BadInput(
            f"{place}: {key} must be different whole numbers of 0 or more, got {shown(found)}"
        )
    return tuple(found)


def plain(value: Any) -> str:
    """A value of a YAML file as part of a name."""
    return ",".join(map(plain, value)) if isinstance(value, list) else str(value)
