from handseg.ensemble import comparable
from handseg.ensemble.panel import Ballot


def ballots(*voters: list[int]) -> list[Ballot]:
    return [Ballot(f"{i}.png", v, [1.0] * len(v)) for i, v in enumerate(voters)]


def test_families_that_share_an_image_are_linked_also_through_others() -> None:
    # stores 0, 1, 2 and 3 of families 0, 1, 2 and 3; 3 is alone on its image
    (peers,) = comparable.families(ballots([0, 1], [1, 2], [3]), [0, 1, 2, 3])
    assert peers.who == (0, 1, 2)
    assert peers.rows.tolist() == [True, True, False]


def test_folds_of_one_family_tell_nothing_of_each_other() -> None:
    found = ballots([0], [1])
    assert comparable.families(found, [0, 0]) == []
    assert comparable.siblings(found, [0, 0], [0, 1]) == []


def test_two_seeds_of_one_fold_can_be_told_apart_on_their_images() -> None:
    # stores 0 and 1 held fold 0 out, 2 held fold 1 out
    (peers,) = comparable.siblings(ballots([0, 1], [2]), [0, 0, 0], [0, 0, 1])
    assert peers.who == (0, 1)
    assert peers.rows.tolist() == [True, False]
