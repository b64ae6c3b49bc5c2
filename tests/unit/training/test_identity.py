import re
from dataclasses import fields, replace
from pathlib import Path

import docstring_parser
import pytest

from handseg.errors import BadInput
from handseg.settings import AugmentSettings, ModelSettings, TrainSettings
from handseg.stages.train import train
from handseg.training import identity
from handseg.training.identity import Change

SETTINGS = TrainSettings()
FOLDER = Path("member.partial")


def named(settings: TrainSettings, **others: str) -> dict[str, str]:
    return {**identity.of_settings(settings), "fold": "0", "cache": "c", **others}


def changes(now: dict[str, str], *, allowed: bool = False) -> list[Change]:
    return identity.changes(named(SETTINGS), now, step=7, folder=FOLDER, allowed=allowed)


def test_every_setting_has_a_dotted_name() -> None:
    names = identity.of_settings(SETTINGS)
    assert names["settings.model.name"] == SETTINGS.model.name
    assert names["settings.augment.flip"] == "0.5"
    assert {name.split(".")[1] for name in names} == {field.name for field in fields(SETTINGS)}


def test_the_same_training_has_no_changes() -> None:
    assert changes(named(TrainSettings())) == []


def test_where_it_is_computed_may_always_change_and_is_told() -> None:
    moved = replace(
        SETTINGS, device="cpu", threads=3, workers=2, checkpoint_minutes=1.0, compile=True
    )
    found = changes(named(moved))
    assert [change.setting for change in found] == [
        "checkpoint_minutes", "compile", "device", "threads", "workers",
    ]  # fmt: skip
    assert found[2] == Change(step=7, setting="device", was="auto", now="cpu")
    assert str(found[2]) == "device was auto until step 7, and is cpu since"


def test_a_setting_that_a_state_does_not_know_is_told() -> None:
    now = {**named(SETTINGS), "settings.threads.new": "1"}
    (found,) = changes(now)
    assert str(found) == "threads.new was (none) until step 7, and is 1 since"


def test_settings_of_later_steps_change_only_where_that_is_allowed() -> None:
    other = named(
        replace(SETTINGS, learning_rate=1e-3, augment=AugmentSettings(flip=0.0), workers=0)
    )
    refused = (
        r"member.partial holds a training begun otherwise \(settings.augment.flip: was 0.5, now "
        r"0.0; settings.learning_rate: was 0.0001, now 0.001; settings.workers: was 1, now 0\); "
        r"give what it was, or --allow-changes to go on with what it is now"
    )
    with pytest.raises(BadInput, match=refused):
        changes(other)
    assert [str(change) for change in changes(other, allowed=True)] == [
        "augment.flip was 0.5 until step 7, and is 0.0 since",
        "learning_rate was 0.0001 until step 7, and is 0.001 since",
        "workers was 1 until step 7, and is 0 since",
    ]


@pytest.mark.parametrize(
    ("now", "what"),
    [
        (named(replace(SETTINGS, batch_size=2)), "settings.batch_size"),
        (named(replace(SETTINGS, length=7)), "settings.length"),
        (named(replace(SETTINGS, seed=1)), "settings.seed"),
        (named(replace(SETTINGS, ema=0.5)), "settings.ema"),
        (named(replace(SETTINGS, model=ModelSettings(input_px=256))), "settings.model.input_px"),
        (named(SETTINGS, fold="1"), "fold"),
        (named(SETTINGS, cache="other"), "cache"),
        (named(SETTINGS, **{"warm start": "w"}), "warm start"),
    ],
)
def test_what_the_plan_the_network_or_the_data_are_never_changes(
    now: dict[str, str], what: str
) -> None:
    for allowed in (False, True):
        with pytest.raises(BadInput, match=rf"{what}: was .*; {what} cannot change on the way"):
            changes(now, allowed=allowed)


def test_the_help_of_train_names_what_may_change() -> None:
    (text,) = [
        param.description or ""
        for param in docstring_parser.parse(train.__doc__ or "").params
        if param.arg_name == "allow_changes"
    ]
    by_leave, _, always = text.partition("(")
    told_by_leave, told_always = (set(re.findall(r"\w+", part)) for part in (by_leave, always))
    for field in fields(TrainSettings):
        other = {**named(SETTINGS), f"settings.{field.name}": "another"}
        is_free, is_open = goes_on(other, allowed=False), goes_on(other, allowed=True)
        assert (field.name in told_always) == is_free, field.name
        assert (field.name in told_by_leave) == (is_open and not is_free), field.name


def goes_on(now: dict[str, str], *, allowed: bool) -> bool:
    try:
        return bool(changes(now, allowed=allowed))
    except BadInput:
        return False
