from collections import Counter

from handseg.ensemble import nesting

PEOPLE = [f"ID{number // 2}" for number in range(40)]
FOLDS = [number // 10 for number in range(40)]


def test_a_person_is_in_one_group() -> None:
    groups = nesting.deal(PEOPLE, FOLDS).tolist()
    assert len(set(zip(PEOPLE, groups, strict=True))) == 20


def test_groups_are_as_large_and_hold_as_much_of_every_fold() -> None:
    groups = nesting.deal(PEOPLE, FOLDS).tolist()
    assert Counter(groups) == dict.fromkeys(range(5), 8)
    # five people of each fold in five groups
    assert set(Counter(zip(groups, FOLDS, strict=True)).values()) == {2}


def test_few_people_make_few_groups() -> None:
    assert sorted(nesting.deal(["a", "b", "c"], [0, 0, 1]).tolist()) == [0, 1, 2]


def test_groups_do_not_depend_on_the_order_of_images() -> None:
    forward = dict(zip(PEOPLE, nesting.deal(PEOPLE, FOLDS).tolist(), strict=True))
    backward = nesting.deal(PEOPLE[::-1], FOLDS[::-1]).tolist()
    assert forward == dict(zip(PEOPLE[::-1], backward, strict=True))
