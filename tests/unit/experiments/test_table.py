from collections.abc import Callable

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.experiments import table
from handseg.experiments.arm import Table, Training, Vote

Write = Callable[[str], str]
TABLE = """
split: {folds: 3}
folds: [0]
train: {model: {name: unet, input_px: 64, output_px: 64}, length: 2, unit: steps}
arms:
  - name: plain
  - {name: bce, train: {loss: bce}}
  - {name: sharp, against: bce, preprocess: {sharpness: 3}, folds: [1, 2], seeds: [0, 1]}
"""
VOTE = TABLE + "  - {name: vote, vote: {members: [plain, bce], weights: equal}}\n"


def trained(found: Table, name: str) -> Training:
    how = found.arm(name).how
    assert isinstance(how, Training)
    return how


def test_an_arm_differs_from_the_table_in_what_it_says_alone(write: Write) -> None:
    found = table.load(write(TABLE))
    assert trained(found, "plain").train.loss == "bce_dice"
    assert trained(found, "bce").train.loss == "bce"
    assert trained(found, "bce").train.model == trained(found, "plain").train.model
    assert trained(found, "sharp").preprocess.sharpness == 3
    assert (found.arm("sharp").folds, found.arm("sharp").seeds) == ((1, 2), (0, 1))
    assert (found.arm("plain").folds, found.arm("plain").seeds) == ((0,), (0,))


def test_the_first_arm_is_what_others_are_compared_to_unless_they_say(write: Write) -> None:
    found = table.load(write(TABLE))
    assert [arm.against for arm in found.arms] == [None, "plain", "bce"]


def test_what_is_varied_makes_an_arm_of_each_value(write: Write) -> None:
    found = table.load(write(TABLE + "vary:\n  train.augment.flip: [0.0, 0.25]\n"))
    assert [arm.name for arm in found.arms[3:]] == ["flip=0.0", "flip=0.25"]
    assert trained(found, "flip=0.25").train.augment.flip == 0.25
    assert trained(found, "flip=0.25").train.loss == "bce_dice"


def test_predictions_are_made_on_the_trainings_device_unless_told(write: Write) -> None:
    text = TABLE.replace("unit: steps}", "unit: steps, device: cpu, threads: 1}")
    found = trained(table.load(write(text)), "plain")
    assert (found.infer.device, found.infer.threads) == ("cpu", 1)
    assert found.infers_as_trained
    flipped = table.load(write(text + "infer: {tta_flip: true}\n"))
    assert not trained(flipped, "plain").infers_as_trained


def test_a_vote_has_members_and_weights(write: Write) -> None:
    how = table.load(write(VOTE)).arm("vote").how
    assert isinstance(how, Vote)
    assert [voter.arm for voter in how.voters] == ["plain", "bce"]
    assert how.weights == "equal"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("loss: bce", "loss: hinge"), r"arms\[1\] \(bce\): train.loss: must be one of"),
        (("loss: bce", "lost: bce"), r"arms\[1\] \(bce\): train: unknown setting 'lost'"),
        (("- name: plain", "- nmae: plain"), r"arms\[0\]: unknown key 'nmae'; did you mean name"),
        (("name: sharp", "name: bce"), "two arms are named bce"),
        (("against: bce", "against: none"), "sharp: against none, which is no arm"),
        (("folds: [1, 2]", "folds: [3]"), "sharp: fold 3 of 3, counted from 0"),
        (("seeds: [0, 1]", "seeds: [1, 1]"), "seeds must be different whole numbers"),
        (("loss: bce", "seed: 7"), "the table's seeds set it"),
        (("against: bce", "against: [bce]"), "against must be an arm's name"),
        (("name: bce", f"name: {'b' * 81}"), "name must be printable text of at most 80 char"),
        (("split:", "part: all\nsplit:"), "part must be oof or test, got 'all'"),
        (("arms:", "vary: {loss: [bce]}\narms:"), "'loss' must be a setting such as train.loss"),
    ],
)
def test_a_mistake_is_refused_where_it_stands(
    write: Write, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        table.load(write(TABLE.replace(*change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("members: [plain, bce]", "members: [plain, vote]"), "member vote is no arm that is"),
        (("members: [plain, bce]", "members: []"), "vote.members: expected a list of arms"),
        (("weights: equal", "weights: some"), "'some'; give one of equal, validation, best"),
        (("weights: equal", "weights: [1]"), r"\[1\] for 2 members"),
        (("weights: equal", "weights: [0, 0]"), "not all 0"),
        (("weights: equal", f"weights: [1, 1{'0' * 400}]"), "a number of 0 or more for each"),
        (("[plain, bce]", "[{arm: plain, fold: 1}]"), "plain is not trained on fold 1"),
        (("[plain, bce]", "[{arm: plain, seed: 1}]"), "plain is not trained with seed 1"),
        (("[plain, bce], weights: equal", "[sharp], weights: [1]"), "say which fold of sharp"),
        (("name: vote,", "name: vote, train: {loss: bce},"), "unknown key 'train'"),
    ],
)
def test_a_vote_that_cannot_be_is_refused(
    write: Write, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        table.load(write(VOTE.replace(*change)))


def test_a_part_of_a_table_brings_what_it_needs_along(write: Write) -> None:
    found = table.load(write(VOTE))
    assert [a.name for a in table.narrowed(found, arms=["sharp"]).arms] == ["plain", "bce", "sharp"]
    narrow = table.narrowed(found, arms=["vote"], folds=[0], part="test")
    assert [arm.name for arm in narrow.arms] == ["plain", "bce", "vote"]
    assert narrow.part == "test"
    with pytest.raises(BadInput, match="arms: blunt is none of plain, bce"):
        table.narrowed(found, arms=["blunt"])
    with pytest.raises(BadInput, match="folds: 3 is not one of 3"):
        table.narrowed(found, folds=[3])


def test_an_arm_keeps_its_folds_where_none_of_them_is_asked_for(write: Write) -> None:
    found = table.narrowed(table.load(write(TABLE)), folds=[1])
    assert [arm.folds for arm in found.arms] == [(0,), (0,), (1,)]


def test_a_table_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(MissingInput, match="table_3_5: no such table; did you mean table_3_"):
        table.load("table_3_5")


@pytest.mark.parametrize("name", table.names())
def test_each_table_that_comes_along_loads(name: str) -> None:
    assert len(table.load(name).arms) > 5


@pytest.mark.parametrize("name", ["table_3_2", "table_3_3", "table_3_4"])
def test_a_table_in_small_has_the_same_arms(name: str) -> None:
    full, small = table.load(name), table.load(f"{name}_smoke")
    for one, other in zip(full.arms, small.arms, strict=True):
        assert (one.name, one.against) == (other.name, other.against)
        if isinstance(one.how, Training) and isinstance(other.how, Training):
            assert one.how.preprocess == other.how.preprocess
            assert one.how.train.augment == other.how.train.augment
            assert one.how.train.loss == other.how.train.loss
            assert one.how.train.model.name == other.how.train.model.name
        else:
            assert one.how == other.how


def test_the_reports_figures_are_in_its_tables() -> None:
    # DOMAIN's public Dice of the nine models, and of the ensemble.
    reported = [arm.reported for arm in table.load("table_3_2").arms]
    assert reported == [0.9487, 0.9462, 0.9507, 0.9528, 0.9493, 0.9541, 0.9674, 0.9703, 0.9709]
    vote = table.load("table_3_4").arm("with eff, 2 1 3 4 5")
    assert vote.reported == 0.9730
    assert isinstance(vote.how, Vote) and vote.how.weights == (2, 1, 3, 4, 5)
