from collections.abc import Callable

import numpy as np
import pytest

from handseg import bones
from handseg.eda import label_outliers
from handseg.eda.outlier import LABEL, Outlier
from handseg.masks.polygons import Polygons
from tests.unit.eda.drawn import SIDE, SPOILED, drawn, measured, with_spoiled
from tests.unit.findings.hands import exchanged

POLYGONS = drawn(SPOILED)[1]


def found(polygons: Polygons) -> list[Outlier]:
    return sorted(label_outliers.find(with_spoiled(polygons)), key=lambda one: -one.score)


def pisiform_on_ulna() -> Polygons:
    pisiform, ulna = (
        POLYGONS[bones.CLASS_ID[name]][0].astype(float) for name in ("Pisiform", "Ulna")
    )
    moved = (pisiform - pisiform.mean(axis=0) + ulna.mean(axis=0)).astype(np.int32)
    return {**POLYGONS, bones.CLASS_ID["Pisiform"]: [moved]}


def mirrored_in_the_image() -> Polygons:
    flip, edge = np.array([-1, 1], np.int32), np.array([SIDE - 1, 0], np.int32)
    return {c: [shape * flip + edge for shape in shapes] for c, shapes in POLYGONS.items()}


def test_nothing_is_said_of_right_labels() -> None:
    assert label_outliers.find(measured()) == []


def test_an_exchange_is_named() -> None:
    (only,) = found(exchanged("Trapezium", "Trapezoid", POLYGONS))
    assert only.image_name == f"image{SPOILED}.png"
    assert only.reason == "labels exchanged: Trapezium and Trapezoid"
    assert set(only.bones) == {"Trapezium", "Trapezoid"}
    assert LABEL < only.score <= 1


def test_a_mirrored_hand_is_taken_apart_into_its_exchanges() -> None:
    spoiled = POLYGONS
    for pair in (("finger-1", "finger-3"), ("Trapezium", "Hamate"), ("Radius", "Ulna")):
        spoiled = exchanged(*pair, spoiled)
    worst = found(spoiled)[0]
    for named in ("finger-1 and finger-3", "Trapezium and Hamate", "Radius and Ulna"):
        assert named in worst.reason
    assert "perhaps a mirrored hand" in worst.reason


@pytest.mark.parametrize(
    ("spoil", "reason", "named"),
    [
        (pisiform_on_ulna, "out of place: Pisiform by", ("Pisiform",)),
        (mirrored_in_the_image, "outlines do not lie on the bones", None),
    ],
)
def test_other_mistakes_come_first(
    spoil: Callable[[], Polygons], reason: str, named: tuple[str, ...] | None
) -> None:
    worst = found(spoil())[0]
    assert worst.image_name == f"image{SPOILED}.png"
    assert worst.reason.startswith(reason)
    assert named is None or worst.bones == named


def test_a_bone_three_times_too_large_is_of_odd_size() -> None:
    lunate = bones.CLASS_ID["Lunate"]
    shape = POLYGONS[lunate][0].astype(float)
    grown = ((shape - shape.mean(axis=0)) * 3**0.5 + shape.mean(axis=0)).astype(np.int32)
    (only,) = found({**POLYGONS, lunate: [grown]})
    assert (only.reason, only.bones) == (
        "odd size: Lunate is very large for this hand",
        ("Lunate",),
    )


def test_a_missing_bone_is_no_outlier() -> None:
    assert found({c: shapes for c, shapes in POLYGONS.items() if c != 3}) == []


def test_of_few_images_nothing_can_be_said() -> None:
    spoiled = with_spoiled(exchanged("Radius", "Ulna", POLYGONS))
    assert label_outliers.find(spoiled[SPOILED : SPOILED + 5]) == []
