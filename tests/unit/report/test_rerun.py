import shlex
from dataclasses import asdict

from handseg.report import rerun
from handseg.report.facts import Facts
from handseg.settings import SplitSettings
from handseg.settings_codec import from_dict


def test_every_stage_is_a_command(facts: Facts) -> None:
    stages = [shlex.split(line)[1] for line in facts.commands]
    assert stages == ["split", "preprocess", "train", "infer", "train", "infer", "ensemble"]


def test_settings_that_are_not_the_default_are_flags(facts: Facts) -> None:
    split, _, first, _, second, _, vote = facts.commands
    assert split == "handseg split --data DATA --out folds.csv --settings.folds 2"
    assert first == (
        "handseg train --cache cache --folds folds.csv --fold 0 --out members/first"
        " --oof stores/first/oof --settings.model.name unet --settings.model.input_px 128"
        " --settings.model.output_px 256"
    )
    assert second.endswith("--settings.seed 1")
    assert vote == (
        "handseg ensemble --stores stores/first/test stores/second/test --weights 1 2"
        " --out submission.csv"
    )


def test_words_of_the_shell_are_quoted() -> None:
    assert rerun._word("a b; c") == "'a b; c'"
    assert rerun._word([1, 2]) == "'[1, 2]'"
    assert rerun._word(True) == "true"


def test_nested_settings_are_named_by_dots() -> None:
    assert rerun.flat({"a": {"b": 1, "c": {}}, "d": [2]}) == {"a.b": 1, "d": [2]}


def test_flags_leave_the_default_settings_out() -> None:
    assert rerun._flags(SplitSettings(), asdict(from_dict(SplitSettings, {}))) == ""
