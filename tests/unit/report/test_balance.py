from hypothesis import given
from hypothesis import strategies as st

from handseg.report import balance

ROWS = [("ann", 0), ("ann", 0), ("bob", 1), ("cid", 1), ("cid", 1), ("cid", 1)]


def test_people_and_images_of_each_fold_are_counted() -> None:
    first, second = balance.of_folds(ROWS, {"a": 0, "b": 1, "c": 1})
    assert (first.fold, first.people, first.images) == (0, 1, 2)
    assert (second.fold, second.people, second.images) == (1, 2, 4)


def test_shares_are_of_all_people_and_all_images() -> None:
    first, second = balance.of_folds(ROWS, {})
    assert (first.people_fraction, second.people_fraction) == (1 / 3, 2 / 3)
    assert (first.images_fraction, second.images_fraction) == (2 / 6, 4 / 6)


def test_members_stand_at_the_fold_they_held_out() -> None:
    first, second = balance.of_folds(ROWS, {"a": 0, "b": 1, "c": 1})
    assert (first.members, second.members) == (("a",), ("b", "c"))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 4)), min_size=1))
def test_no_image_is_lost(rows: list[tuple[str, int]]) -> None:
    folds = balance.of_folds(rows, {})
    assert sum(fold.images for fold in folds) == len(rows)
    assert abs(sum(fold.people_fraction for fold in folds) - 1) < 1e-9
