from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from handseg import bones
from handseg.eda import label_outliers
from handseg.eda.outlier import LABEL, Outlier
from handseg.masks.polygons import Polygons
from tests.unit.eda.drawn import SIDE, SPOILED, drawn, measured, with_spoiled
from tests.unit.findings.hands import exchanged

PIXELS, POLYGONS = drawn(SPOILED)


def dark(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(pixels * 0.15, np.uint8)


def light(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(pixels * 6.0, 0, 255), np.uint8)


def inverted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(255 - pixels, np.uint8)


def found(polygons: Polygons, pixels: NDArray[np.uint8] | None = None) -> list[Outlier]:
    return sorted(label_outliers.find(with_spoiled(polygons, pixels)), key=lambda one: -one.score)


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


@pytest.mark.parametrize("expose", [dark, light, inverted])
def test_nothing_is_said_of_right_labels_on_an_image_of_odd_exposure(
    expose: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
) -> None:
    assert found(POLYGONS, expose(PIXELS)) == []


@pytest.mark.parametrize("expose", [dark, inverted])
def test_labels_that_lie_elsewhere_are_found_however_the_image_is_exposed(
    expose: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
) -> None:
    moved = {c: [shape + np.int32(25) for shape in shapes] for c, shapes in POLYGONS.items()}
    for polygons in (mirrored_in_the_image(), drawn(SPOILED + 3)[1], moved):
        worst = found(polygons, expose(PIXELS))[0]
        assert worst.reason.startswith("outlines do not lie on the bones")
        assert worst.image_name == f"image{SPOILED}.png"


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


def test_fingers_that_are_exchanged_make_no_mirrored_hand() -> None:
    spoiled = POLYGONS
    for index, middle in zip(bones.FINGERS["index"], bones.FINGERS["middle"], strict=True):
        spoiled = exchanged(bones.NAMES[index], bones.NAMES[middle], spoiled)
    (only,) = found(spoiled)
    assert only.reason.startswith("labels exchanged:")
    assert "mirrored" not in only.reason


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
