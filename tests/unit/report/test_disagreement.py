import numpy as np
from pytest import approx

from handseg.masks import rle
from handseg.masks.rle import Runs
from handseg.report import disagreement
from handseg.report.disagreement import LISTED, Adding, ImageDisagreement


def _masks(**runs: list[list[int]]) -> list[Runs]:
    """29 masks, of which `bone_N` is given."""
    found = [rle.empty()] * 29
    for name, pairs in runs.items():
        found[int(name.removeprefix("bone_"))] = np.array(pairs, np.int64)
    return found


def _of(name: str, apart: float) -> ImageDisagreement:
    per_bone = np.zeros(29)
    per_bone[4] = 29 * apart
    return ImageDisagreement(
        name=name, person="ann", per_bone=per_bone, pairs={("a", "b"): apart}, pair=("a", "b"),
        bones_of_pair=per_bone,
    )  # fmt: skip


def test_two_masks_that_share_half_of_each_disagree_by_a_half() -> None:
    # 10 pixels each, 5 of them shared: Dice is 2 * 5 / 20
    masks = {"a": _masks(bone_0=[[0, 10]]), "b": _masks(bone_0=[[5, 15]])}
    found = disagreement.of_masks("x.png", "ann", masks)
    assert found is not None
    assert found.per_bone[0] == approx(0.5, abs=1e-5)
    # both find nothing of the other bones, and agree
    assert found.per_bone[1:].tolist() == [0] * 28
    assert found.mean == approx(0.5 / 29, abs=1e-5)
    assert found.pair == ("a", "b")


def test_a_bone_that_one_member_alone_has_found_is_full_disagreement() -> None:
    masks = {"a": _masks(bone_7=[[0, 10]]), "b": _masks()}
    found = disagreement.of_masks("x.png", "ann", masks)
    assert found is not None and found.per_bone[7] == approx(1, abs=1e-4)


def test_of_three_members_each_pair_counts_and_the_farthest_is_named() -> None:
    same = _masks(bone_2=[[0, 10]])
    masks = {"a": same, "b": same, "c": _masks(bone_2=[[10, 20]])}
    found = disagreement.of_masks("x.png", "ann", masks)
    assert found is not None
    assert found.per_bone[2] == approx(2 / 3, abs=1e-4)  # a-b 0, a-c 1, b-c 1
    assert found.pairs == approx({("a", "b"): 0, ("a", "c"): 1 / 29, ("b", "c"): 1 / 29}, abs=1e-4)
    assert found.pair in {("a", "c"), ("b", "c")}
    assert found.bones_of_pair[2] == approx(1, abs=1e-4)


def test_one_member_has_nobody_to_disagree_with() -> None:
    assert disagreement.of_masks("x.png", "ann", {"a": _masks()}) is None
    assert Adding().result("test") is None


def test_images_are_added_up_and_the_worst_come_first() -> None:
    adding = Adding()
    for name, apart in (("one", 0.01), ("two", 0.03), ("three", 0.02)):
        adding.add(_of(name, apart))
    adding.add(None)
    found = adding.result("oof")
    assert found is not None
    assert [one.name for one in found.worst] == ["two", "three", "one"]
    assert (found.images, found.part) == (3, "oof")
    assert found.mean == approx(0.02)
    assert found.per_bone[4] == approx(29 * 0.02)
    (pair,) = found.pairs
    assert (pair.pair, pair.images) == (("a", "b"), 3)
    assert pair.mean == approx(0.02)


def test_only_a_few_images_are_kept_however_many_there_are() -> None:
    adding = Adding()
    for number in range(3 * LISTED):
        adding.add(_of(f"{number:03}", number / 1e4))
    found = adding.result("test")
    assert found is not None and found.images == 3 * LISTED
    assert len(adding._worst) == len(found.worst) == LISTED
    assert found.worst[0].name == f"{3 * LISTED - 1:03}"
