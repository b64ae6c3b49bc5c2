from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.experiments import plan, table
from handseg.experiments.arm import Table

TABLE = """
split: {folds: 3}
folds: [0, 1]
seeds: [0, 1]
train: {model: {name: unet, input_px: 64, output_px: 64}, length: 2, unit: steps}
arms:
  - name: plain
  - {name: again, note: the same settings}
  - {name: flipped, infer: {tta_flip: true}}
  - {name: sharp, preprocess: {sharpness: 3}}
"""


def load(folder: Path, text: str) -> Table:
    path = folder / "mine.yaml"
    path.write_text(text)
    return table.load(str(path))


def test_an_arm_is_trained_for_each_fold_and_seed(tmp_path: Path) -> None:
    found = plan.runs(load(tmp_path, TABLE))
    plain = [run for run in found if run.arm == "plain"]
    assert [(run.fold, run.seed) for run in plain] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert [run.members[0].train.seed for run in plain] == [0, 0, 1, 1]
    assert len({run.members[0].key for run in plain}) == 4


def test_arms_with_equal_settings_share_trainings_and_caches(tmp_path: Path) -> None:
    found = plan.runs(load(tmp_path, TABLE))
    # plain, again and flipped train alike (2 folds x 2 seeds), sharp by itself.
    assert len({member.key for run in found for member in run.members}) == 8
    assert len({member.cache for run in found for member in run.members}) == 2
    plain, again, flipped = (next(r for r in found if r.arm == a) for a in
                             ("plain", "again", "flipped"))  # fmt: skip
    assert plain.key("oof") == again.key("oof")
    assert plain.members[0].key == flipped.members[0].key
    assert plain.key("oof") != flipped.key("oof")


def test_the_store_that_training_leaves_is_used_where_it_is_the_one_wanted(tmp_path: Path) -> None:
    found = {run.arm: run.members[0] for run in plan.runs(load(tmp_path, TABLE))}
    assert found["plain"].store("oof") is None
    assert found["plain"].store("test") is not None
    assert found["flipped"].store("oof") is not None


def test_names_do_not_change_with_the_table_around_them(tmp_path: Path) -> None:
    before = {run.key("oof") for run in plan.runs(load(tmp_path, TABLE))}
    more = TABLE + "  - {name: long, train: {length: 9}}\n"
    assert before < {run.key("oof") for run in plan.runs(load(tmp_path, more))}


def test_a_vote_is_held_once_for_each_seed_over_all_folds(tmp_path: Path) -> None:
    text = TABLE + "  - {name: vote, vote: {members: [plain, sharp], weights: equal}}\n"
    votes = [run for run in plan.runs(load(tmp_path, text)) if run.arm == "vote"]
    assert [(vote.fold, vote.seed) for vote in votes] == [(None, 0), (None, 1)]
    assert [len(vote.members) for vote in votes] == [4, 4]
    assert {member.train.seed for member in votes[1].members} == {1}


def test_a_vote_over_seeds_is_held_once(tmp_path: Path) -> None:
    members = "[{arm: plain, fold: 0, seed: 0}, {arm: plain, fold: 0, seed: 1}]"
    text = f"{TABLE}  - {{name: vote, vote: {{members: {members}, weights: [2, 1]}}}}\n"
    (vote,) = (run for run in plan.runs(load(tmp_path, text)) if run.arm == "vote")
    assert vote.seed is None
    assert [member.train.seed for member in vote.members] == [0, 1]
    assert vote.weights == (2, 1)


def test_one_training_cannot_vote_twice(tmp_path: Path) -> None:
    text = TABLE + "  - {name: vote, vote: {members: [plain, again], weights: equal}}\n"
    with pytest.raises(BadInput, match="two of its members are one training"):
        plan.runs(load(tmp_path, text))
