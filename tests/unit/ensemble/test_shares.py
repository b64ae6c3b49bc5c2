import pytest

from handseg.ensemble.shares import Shares


def test_members_by_themselves_keep_their_weight_whoever_else_votes() -> None:
    plain = Shares.plain([2, 1, 3])
    assert plain.of([0, 1, 2]) == [2, 1, 3]
    assert plain.of([2]) == [3]


def test_a_family_has_its_weight_through_however_many_members() -> None:
    # members 0 and 1 are a family, 2 another; each as heavy as its members together
    shares = Shares.of_families([0, 0, 1], [1, 3, 2])
    assert shares.weights == (4, 2)
    # on a new image that is the plain vote
    assert shares.of([0, 1, 2]) == pytest.approx([1, 3, 2])
    # on a held-out one the family speaks through one member
    assert shares.of([1, 2]) == [4, 2]


def test_a_member_left_out_gives_its_share_to_its_family() -> None:
    shares = Shares(families=(0, 0, 1), own=(0.0, 3.0, 2.0), weights=(4.0, 2.0))
    assert shares.of([0, 1, 2]) == [0, 4, 2]


def test_those_without_weight_vote_alike_where_nobody_has_any() -> None:
    shares = Shares(families=(0, 0, 1), own=(0.0, 3.0, 2.0), weights=(4.0, 0.0))
    assert shares.of([0, 2]) == [1, 1]
    assert Shares.plain([0, 1]).of([0]) == [1]
