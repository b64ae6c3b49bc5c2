import dataclasses
from pathlib import Path
from typing import Any

import pytest

from handseg import bones
from handseg.ensemble import panel
from handseg.ensemble.panel import Ballot
from handseg.errors import BadInput
from handseg.inference.store import Store, StoreCard, StoreWriter
from handseg.inference.tiles import TileBuilder
from tests.store_card import CARD

OOF = dataclasses.replace(CARD, part="oof")


def store(folder: Path, images: dict[str, str], card: StoreCard = CARD, *, first: int = 0) -> Store:
    """A store of images without a tile, the first at a position, the others behind it."""
    folder.mkdir()
    with StoreWriter(folder, card) as writer:
        for position, (name, person) in enumerate(images.items(), first):
            writer.add(TileBuilder(name, person, height=9, width=9).build(), position)
    return Store(folder)


def test_every_test_store_votes_on_every_image_in_path_order(tmp_path: Path) -> None:
    images = {"c.png": "ID9", "z.png": "ID9", "b.png": "ID2"}
    a, b = store(tmp_path / "a", images), store(tmp_path / "b", images)
    assert panel.ballots([a, b], [2, 0]) == [
        Ballot("c.png", [0, 1], [2, 0]),
        Ballot("z.png", [0, 1], [2, 0]),
        Ballot("b.png", [0, 1], [2, 0]),
    ]


def test_out_of_fold_images_are_voted_on_by_those_that_held_them_out(tmp_path: Path) -> None:
    a = store(tmp_path / "a", {"a.png": "ID1"}, OOF)
    b = store(tmp_path / "b", {"b.png": "ID2"}, OOF, first=1)
    c = store(tmp_path / "c", {"b.png": "ID2"}, OOF, first=1)
    assert panel.ballots([a, b, c], [1, 2, 3]) == [
        Ballot("a.png", [0], [1]),
        Ballot("b.png", [1, 2], [2, 3]),
    ]


def test_members_of_weight_zero_vote_alike_where_nobody_else_does(tmp_path: Path) -> None:
    a = store(tmp_path / "a", {"a.png": "ID1"}, OOF)
    b = store(tmp_path / "b", {"b.png": "ID2"}, OOF, first=1)
    assert panel.ballots([a, b], [0, 1])[0] == Ballot("a.png", [0], [1.0])


def test_a_missing_image_is_refused_by_name_whichever_store_lacks_it(tmp_path: Path) -> None:
    a = store(tmp_path / "a", {"a.png": "ID1", "b.png": "ID2"})
    b = store(tmp_path / "b", {"a.png": "ID1"})
    for stores in ([a, b], [b, a]):
        with pytest.raises(BadInput, match=r"b/probabilities\.arrow: lacks b\.png, which .*/a/"):
            panel.ballots(stores, [1, 1])


def test_many_missing_images_are_counted(tmp_path: Path) -> None:
    a = store(tmp_path / "a", {f"{i}.png": "ID1" for i in range(9)})
    b = store(tmp_path / "b", {})
    with pytest.raises(BadInput, match=r"0\.png, .*, 4\.png and 4 more"):
        panel.ballots([a, b], [1, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": list(reversed(bones.NAMES))}, "class 1 is Ulna, officially finger-1"),
        ({"classes": list(bones.NAMES[:-1])}, "class 29 is None, officially Ulna"),
        ({"classes": [*bones.NAMES, "Sesamoid"]}, "class 30 is Sesamoid, officially None"),
        ({"cut_level": 9}, "cut_level is 9, but 8"),
        ({"part": "oof"}, "part is oof, but test"),
    ],
)
def test_a_store_made_otherwise_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    a = store(tmp_path / "a", {"a.png": "ID1"})
    b = store(tmp_path / "b", {"a.png": "ID1"}, dataclasses.replace(CARD, **change))
    with pytest.raises(BadInput, match=message):
        panel.ballots([a, b], [1, 1])


def test_another_class_order_is_refused_even_when_all_agree(tmp_path: Path) -> None:
    card = dataclasses.replace(CARD, classes=list(reversed(bones.NAMES)))
    with pytest.raises(BadInput, match="class 1 is Ulna"):
        panel.ballots([store(tmp_path / "a", {"a.png": "ID1"}, card)], [1])


def test_an_image_of_two_people_is_refused(tmp_path: Path) -> None:
    a = store(tmp_path / "a", {"a.png": "ID1"})
    b = store(tmp_path / "b", {"a.png": "ID2"})
    with pytest.raises(BadInput, match=r"a\.png is of person ID2, elsewhere of ID1"):
        panel.ballots([a, b], [1, 1])


def test_images_of_other_data_are_refused_by_their_position(tmp_path: Path) -> None:
    a = store(tmp_path / "a", {"a.png": "ID1"}, OOF)
    b = store(tmp_path / "b", {"a.png": "ID1"}, OOF, first=1)
    c = store(tmp_path / "c", {"b.png": "ID2"}, OOF)
    with pytest.raises(BadInput, match=r"b/.*: a\.png is at position 1, elsewhere at 0; infer"):
        panel.ballots([a, b], [1, 1])
    with pytest.raises(BadInput, match=r"c/.*: b\.png is at position 0, elsewhere a\.png is"):
        panel.ballots([a, c], [1, 1])


def test_stores_without_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no image"):
        panel.ballots([store(tmp_path / "a", {})], [1])
