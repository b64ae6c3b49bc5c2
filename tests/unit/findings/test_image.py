import numpy as np
import pytest

from handseg import bones
from handseg.findings import image
from handseg.findings.finding import counted
from handseg.masks import bitfield
from handseg.masks.polygons import Polygons
from tests.unit.findings import hands


def found(predicted: Polygons, truth: Polygons | None = None) -> dict[str, str]:
    """Name and detail of what is found in a prediction."""
    true = None if truth is None else hands.runs(truth)
    findings = image.of_prediction("a.png", hands.runs(predicted), hands.SIDE, truth=true)
    return {finding.name: finding.detail for finding in findings}


@pytest.mark.parametrize("hand", [0, 1])
@pytest.mark.parametrize("person", range(4))
def test_a_right_prediction_has_no_finding(person: int, hand: int) -> None:
    truth = hands.polygons(person, hand)
    assert found(truth) == {} == found(truth, truth)
    assert image.of_annotation("a.png", truth) == []


def test_one_region_claimed_by_index_and_ring_is_finger_confusion() -> None:
    truth = hands.polygons()
    index, ring = bones.FINGERS["index"][0], bones.FINGERS["ring"][0]
    both = {**truth, ring: truth[ring] + truth[index]}
    detail = found(both)["finger confusion"]
    assert "finger-4 (index) and finger-12 (ring) claim one region" in detail


def test_a_finger_named_for_another_is_confused_though_nothing_overlaps() -> None:
    truth = hands.polygons()
    detail = found(hands.exchanged("index", "ring", truth), truth)["finger confusion"]
    assert "finger-4 (index) lies on finger-12 (ring) (100% of it)" in detail
    # Four bones of either finger lie on the other one's.
    assert detail.count(" lies on ") == 4 and detail.endswith("; and 4 more")


def test_what_overlaps_in_truth_is_no_confusion() -> None:
    truth = hands.polygons()
    crossed = {**truth, 11: truth[3]}
    assert "finger confusion" in found(crossed)
    assert "finger confusion" not in found(crossed, crossed)


def test_a_bone_in_two_far_places_is_named_with_their_distance() -> None:
    truth = hands.polygons()
    tip = bones.FINGERS["thumb"][0]
    twice = {**truth, tip: truth[tip] + truth[bones.FINGERS["little"][0]]}
    assert "finger-1 in places" in found(twice)["bone in two places"]
    assert "bone in two places" not in found(twice, twice)


def test_a_bone_parted_by_a_ring_is_one_place() -> None:
    truth = hands.polygons()
    masks = hands.runs(truth)
    shaft = masks[5]
    rows = shaft[:, 0] // hands.SIDE
    middle = (rows.min() + rows.max()) // 2
    masks[5] = shaft[abs(rows - middle) > 3]
    findings = image.of_prediction("a.png", masks, hands.SIDE)
    assert findings == []


def test_specks_are_no_second_place() -> None:
    truth = hands.polygons()
    masks = hands.runs(truth)
    speck = bitfield.class_runs({27: truth[27] + [truth[27][0] // 12]}, (hands.SIDE, hands.SIDE))
    masks[27] = speck[27]
    assert image.of_prediction("a.png", masks, hands.SIDE) == []


def test_fingers_in_another_order_are_left_and_right() -> None:
    exchanged = hands.exchanged("index", "middle", hands.polygons())
    assert "stand in the order" in found(exchanged)["left and right"]
    assert "in its annotation" in image.of_annotation("a.png", exchanged)[0].detail


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [("Radius", "Ulna", "Radius and Ulna"), ("Trapezium", "Hamate", "Trapezium and Hamate")],
)
def test_bones_of_the_other_side_are_left_and_right(one: str, other: str, part: str) -> None:
    detail = found(hands.exchanged(one, other, hands.polygons()))["left and right"]
    assert detail == f"{part} are of the other side than the rest of the hand"


def test_the_thumb_alone_is_of_the_other_side() -> None:
    polygons = hands.polygons()
    lunate, capitate, metacarpal = (
        polygons[bones.CLASS_ID[name]][0].mean(axis=0)
        for name in ("Lunate", "Capitate", "finger-19")
    )
    # Reflected in the line of the hand the thumb is beyond the little finger.
    along = (capitate - lunate) / np.linalg.norm(capitate - lunate)
    moved = dict(polygons)
    for class_id in bones.FINGERS["thumb"]:
        away = polygons[class_id][0] - metacarpal
        beyond = 2 * np.outer(away @ along, along) - away + metacarpal
        moved[class_id] = [beyond.astype(np.int32)]
    detail = found(moved)["left and right"]
    assert detail == "the thumb is of the other side than the rest of the hand"


def test_a_whole_hand_mirrored_is_told_from_its_truth_alone() -> None:
    truth = hands.polygons()
    other = hands.mirrored(truth)
    assert "left and right" not in found(other)
    assert "annotated as one of the other side" in found(other, truth)["left and right"]


def test_an_empty_prediction_has_no_finding() -> None:
    assert found({}) == {} == found({}, hands.polygons())


def test_images_are_counted_once_for_each_name() -> None:
    findings = image.of_prediction("a.png", hands.runs(hands.exchanged(
        "index", "ring", hands.polygons())), hands.SIDE)  # fmt: skip
    again = image.of_prediction("b.png", hands.runs(hands.exchanged(
        "Radius", "Ulna", hands.polygons())), hands.SIDE)  # fmt: skip
    assert counted([*findings, *findings, *again]) == {"left and right": 2}
    assert image.shown(findings * 5, most=1).endswith("and 4 more")
