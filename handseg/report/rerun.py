"""The commands that make the same run again, with every setting that is not the default."""

import dataclasses
import json
import shlex
from collections.abc import Mapping, Sequence

from handseg.report.records import StageRun
from handseg.settings import (
    EnsembleSettings,
    InferSettings,
    PreprocessSettings,
    SplitSettings,
    TrainSettings,
)


def commands(
    *,
    split: StageRun,
    preprocess: StageRun,
    members: Mapping[str, StageRun],
    infer: Mapping[str, StageRun],
    ensemble: StageRun,
    part: str,
) -> list[str]:
    """Write the commands, stage after stage.

    DATA stands for the raw data, CHECKPOINT-HASH for a checkpoint that a member began with.

    Args:
        split: how the fold table was made.
        preprocess: how the image cache was made.
        members: how each member was trained, by name; "fold" is among the settings.
        infer: how each member's out-of-fold probabilities were made, by name.
        ensemble: how the predictions were made.
        part: which part was predicted, "test" or "oof".
    """
    lines = [
        f"handseg split --data DATA --out folds.csv{_flags(SplitSettings(), split.settings)}",
        "handseg preprocess --data DATA --folds folds.csv --out cache"
        + _flags(PreprocessSettings(), preprocess.settings),
    ]
    for name, run in members.items():
        lines.append(
            f"handseg train --cache cache --folds folds.csv --fold {run.settings.get('fold')}"
            f" --out {_folder('members', name)} --oof {_folder('stores', name, 'oof')}"
            + _warm_start(run)
            + _flags(TrainSettings(), run.settings)
        )
        if part == "test":
            lines.append(
                f"handseg infer --checkpoint {_folder('members', name)} --cache cache --part test"
                f" --out {_folder('stores', name, 'test')}"
                + _flags(InferSettings(), infer[name].settings)
            )
    return [*lines, *_choose(ensemble), _vote(ensemble, part), _report(list(members), part)]


def _choose(ensemble: StageRun) -> list[str]:
    """What made the choice that the vote followed; it began with the vote's own settings."""
    if ensemble.choice is None:
        return []
    members = " ".join(_folder("members", name) for name in ensemble.weights)
    stores = " ".join(_folder("stores", name, "oof") for name in ensemble.weights)
    return [
        f"handseg select --members {members} --stores {stores}{_weights(ensemble)} --cache cache"
        f" --folds folds.csv --out choice.json{_flags(EnsembleSettings(), ensemble.settings)}"
    ]


def _weights(ensemble: StageRun) -> str:
    """Weights, where they were given by hand."""
    given = ensemble.settings.get("weights")
    return f" --weights {' '.join(map(str, given))}" if isinstance(given, list) else ""


def _warm_start(run: StageRun) -> str:
    """CHECKPOINT stands for the one it began with, whose content hash follows."""
    content = run.parents.get("warm_start")
    allowed = " --allow-seen" if run.settings.get("allow_seen") else ""
    return f" --warm-start CHECKPOINT-{content[:12]}{allowed}" if content else ""


def _vote(ensemble: StageRun, part: str) -> str:
    """The vote over the stores in its own order."""
    stores = " ".join(_folder("stores", name, part) for name in ensemble.weights)
    choice = "" if ensemble.choice is None else " --choice choice.json"
    settings = _flags(EnsembleSettings(), ensemble.settings)
    return (
        f"handseg ensemble --stores {stores}{_weights(ensemble)}{choice} --out submission.csv"
        f"{settings}"
    )


def _report(members: Sequence[str], part: str) -> str:
    checkpoints = " ".join(_folder("members", name) for name in members)
    stores = " ".join(_folder("stores", name, "oof") for name in members)
    voters = " ".join(_folder("stores", name, "test") for name in members)
    return (
        f"handseg report --cache cache --folds folds.csv --members {checkpoints} --stores {stores}"
        f"{f' --voters {voters}' if part == 'test' else ''} --submission submission.csv"
        " --out report.html"
    )


def _folder(*parts: str) -> str:
    return shlex.quote("/".join(parts))


def _flags(defaults: object, settings: Mapping[str, object]) -> str:
    """Flags of the settings that differ from the defaults; what is no setting is passed over."""
    known = flat(dataclasses.asdict(defaults))  # type: ignore[call-overload]
    found = flat(settings)
    changed = {key: found[key] for key in known if key in found and found[key] != known[key]}
    return "".join(f" --settings.{key} {_word(value)}" for key, value in changed.items())


def _word(value: object) -> str:
    return shlex.quote(value if isinstance(value, str) else json.dumps(value))


def flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested settings by dotted name: {"model": {"name": x}} gives {"model.name": x}."""
    found: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found.update(flat(value, f"{prefix}{key}."))
        else:
            found[prefix + key] = value
    return found
