"""The steps of a run in order: which stage reads what, and where in RUN it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from handseg.presets.catalogue import Member, Preset
from handseg.storage.location import Location

Part = Literal["test", "oof"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of one stage."""

    stage: str
    """Its module and function in handseg.stages."""
    title: str
    """What a person reads: the stage, and the member where it has one."""
    out: Location
    arguments: Mapping[str, Any]
    """Keyword arguments, `out` among them."""
    minutes: float | None = None
    """How long it takes, where its settings say so."""
    also: Sequence[Location] = field(default=())
    """What else it writes."""


def steps(
    preset: Preset, *, data: Location, out: Location, part: Part, no_images: bool = False
) -> list[Step]:
    """Lay a preset out as stages, in the order in which they are run.

    Args:
        preset: complete settings.
        data: raw data.
        out: the run's folder.
        part: whose predictions become the CSV: the test part's, or the out-of-fold ones.
        no_images: whether the two pages are to show no X-ray.

    Returns:
        split, eda, preprocess, per member train and (for the test part) infer, select (where the
        preset asks for it), ensemble, report.
    """
    folds, cache = out.child("folds.csv"), out.child("cache")
    submission, page = out.child("submission.csv"), out.child("report.html")
    choice = out.child("choice.json") if preset.ensemble.select else None
    made = {
        "members": [_checkpoint(out, member) for member in preset.members],
        "stores": [_store(out, member, "oof") for member in preset.members],
        "cache": cache,
        "folds": folds,
    }
    how = {"weights": preset.weights, "settings": preset.ensemble}
    plan = [
        _step("split", folds, data=data, settings=preset.split),
        _step("eda", out.child("eda"), data=data, no_images=no_images),
        _step("preprocess", cache, data=data, folds=folds, settings=preset.preprocess),
    ]
    for member in preset.members:
        plan += _member_steps(member, preset, out=out, part=part)
    if choice is not None:
        plan.append(_step("select", choice, **made, **how))
    voters = [_store(out, member, part) for member in preset.members]
    plan.append(_step("ensemble", submission, stores=voters, choice=choice, **how))
    told = {"submission": submission, "voters": voters, "no_images": no_images}
    plan.append(_step("report", page, **made, **told))
    return plan


def _member_steps(member: Member, preset: Preset, *, out: Location, part: Part) -> list[Step]:
    folds, cache, checkpoint = out.child("folds.csv"), out.child("cache"), _checkpoint(out, member)
    oof = _store(out, member, "oof")
    train = Step(
        stage="train",
        title=f"train {member.name}",
        out=checkpoint,
        also=[oof],
        minutes=member.train.length if member.train.unit == "minutes" else None,
        arguments={
            "cache": cache,
            "folds": folds,
            "fold": member.fold,
            "name": member.name,
            "out": checkpoint,
            "oof": oof,
            "settings": member.train,
        },
    )
    if part == "oof":
        return [train]
    store = _store(out, member, part)
    infer = Step(
        stage="infer",
        title=f"infer {member.name}",
        out=store,
        arguments={
            "checkpoint": checkpoint,
            "cache": cache,
            "folds": folds,
            "part": part,
            "out": store,
            "settings": preset.infer,
        },
    )
    return [train, infer]


def _step(stage: str, out: Location, **arguments: Any) -> Step:
    return Step(stage=stage, title=stage, out=out, arguments={**arguments, "out": out})


def _checkpoint(out: Location, member: Member) -> Location:
    return out.child(f"members/{member.name}")


def _store(out: Location, member: Member, part: Part) -> Location:
    return out.child(f"stores/{member.name}/{part}")
