import shlex
from dataclasses import asdict, replace

from handseg import flags
from handseg.report import rerun
from handseg.report.facts import Facts
from handseg.report.gather import gather
from handseg.settings import ModelSettings, SplitSettings, TrainSettings
from handseg.settings_codec import from_dict
from tests.unit.report.made_run import MadeRun


def test_every_stage_is_a_command(facts: Facts) -> None:
    stages = [shlex.split(line)[1] for line in facts.commands]
    assert stages == [
        *("split", "preprocess", "train", "infer", "train", "infer", "ensemble", "report"),
    ]


def test_a_warm_start_is_told_by_its_hash(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    first, second = inputs.members
    parents = {**first.trained.parents, "warm_start": "0123456789abcdef"}
    seen = {**first.trained.settings, "allow_seen": True}
    warm = replace(first, trained=replace(first.trained, parents=parents, settings=seen))
    found = gather(replace(inputs, members=[warm, second]), lambda scores, total: scores)
    assert " --warm-start CHECKPOINT-0123456789ab --allow-seen " in found.commands[2]
    assert "--warm-start" not in found.commands[4]


def test_settings_that_are_not_the_default_are_flags(facts: Facts) -> None:
    split, _, first, _, second, _, vote, told = facts.commands
    assert split == "handseg split --data DATA --out folds.csv --settings.folds 2"
    assert first == (
        "handseg train --cache cache --folds folds.csv --fold 0 --out members/first"
        " --oof stores/first/oof --settings.model.name unet --settings.model.input_px 128"
        " --settings.model.output_px 256"
    )
    assert second.endswith("--settings.seed 1")
    assert vote == (
        "handseg ensemble --stores stores/first/test stores/second/test --weights 1.0 2.0"
        " --out submission.csv"
    )
    assert told == (
        "handseg report --cache cache --folds folds.csv --members members/first members/second"
        " --stores stores/first/oof stores/second/oof --voters stores/first/test"
        " stores/second/test --submission submission.csv --out report.html"
    )


def test_how_the_test_images_were_predicted_is_taken_from_the_stores_that_voted(
    made_run: MadeRun,
) -> None:
    inputs = made_run.inputs(voters=True)
    first, second = inputs.members
    assert first.inferred is not None
    flipped = replace(first.inferred, settings={"tta_flip": True, "part": "test"})
    found = gather(
        replace(inputs, members=[replace(first, inferred=flipped), second]),
        lambda scores, total: scores,
    )
    assert found.commands[3].endswith("--out stores/first/test --settings.tta_flip true")
    assert found.commands[5].endswith("--out stores/second/test")


def test_weights_are_a_flag_only_where_they_were_given(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    voted = replace(inputs.voted, settings={"threshold": 0.6, "weights": None})
    found = gather(replace(inputs, voted=voted), lambda scores, total: scores)
    assert found.commands[-2] == (
        "handseg ensemble --stores stores/first/test stores/second/test"
        " --out submission.csv --settings.threshold 0.6"
    )


def test_the_command_line_reads_the_settings_back(facts: Facts) -> None:
    settings = replace(
        facts.members[0].card.train,
        model=ModelSettings(name="unet", filters=[8, 16], input_px=64, output_px=64),
        sizes_px=[32, 64],
        sizes_fraction=[0.25, 0.75],
        prior_bias=False,
        learning_rate=1e-5,
    )
    line = f"--fold 0{rerun._flags(TrainSettings(), asdict(settings))}"

    def train(*, fold: int, settings: TrainSettings = settings) -> None:
        """Take what the train stage takes."""

    arguments, _ = flags.parse("train", train, (), shlex.split(line))
    assert arguments == {"fold": 0, "settings": settings}


def test_words_of_the_shell_are_quoted() -> None:
    assert rerun._word("a b; c") == "'a b; c'"
    assert rerun._word([1, 2]) == "'[1, 2]'"
    assert rerun._word(True) == "true"


def test_nested_settings_are_named_by_dots() -> None:
    assert rerun.flat({"a": {"b": 1, "c": {}}, "d": [2]}) == {"a.b": 1, "d": [2]}


def test_flags_leave_the_default_settings_out() -> None:
    assert rerun._flags(SplitSettings(), asdict(from_dict(SplitSettings, {}))) == ""
