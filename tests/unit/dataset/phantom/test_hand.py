"""The generator's ranges, over 50 people at 2048: fixed here before anything is trained on it."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom.anatomy import INTERPOLATED, MEAN_AREAS
from handseg.dataset.phantom.hand import Hand, hands_of
from handseg.dataset.phantom.pose import STRAIGHT_DEGREES, TILT_DEGREES
from handseg.dataset.phantom.traits import Part

PEOPLE = 50
SIZE = 2048
TRIQUETRUM, PISIFORM = bones.OVERLAPPING[0]
TRAPEZIUM, TRAPEZOID = bones.OVERLAPPING[1]


@dataclass(frozen=True)
class Counted:
    areas: NDArray[np.float64]  # (images, 29)
    overlapping_share: NDArray[np.float64]  # (images,)
    wrist_iou: NDArray[np.float64]  # Triquetrum-Pisiform
    thumb_iou: NDArray[np.float64]  # Trapezium-Trapezoid


@pytest.fixture(scope="module")
def hands() -> list[Hand]:
    return [hand for person in range(PEOPLE) for hand in hands_of(0, "train", person)]


@pytest.fixture(scope="module")
def counted(hands: list[Hand]) -> Counted:
    images = [_count(hand.polygons()) for hand in hands]
    return Counted(*(np.array(column) for column in zip(*images, strict=True)))


def _count(
    polygons: dict[int, NDArray[np.int32]],
) -> tuple[NDArray[np.float64], float, float, float]:
    low = np.min([points.min(axis=0) for points in polygons.values()], axis=0)
    width, height = np.max([points.max(axis=0) for points in polygons.values()], axis=0) - low + 1
    classes = np.zeros((height, width), np.uint8)
    areas = np.zeros(bones.COUNT)
    masks: dict[int, NDArray[np.uint8]] = {}
    for class_id, points in polygons.items():
        corner = points.min(axis=0)
        columns, rows = np.ptp(points, axis=0) + 1
        mask = np.zeros((rows, columns), np.uint8)
        cv2.fillPoly(mask, [points - corner], 1)
        x, y = corner - low
        classes[y : y + rows, x : x + columns] += mask
        areas[class_id] = mask.sum()
        masks[class_id] = mask
    share = np.count_nonzero(classes > 1) / SIZE**2
    wrist = _iou(polygons, TRIQUETRUM, PISIFORM)
    return areas, share, wrist, _iou(polygons, TRAPEZIUM, TRAPEZOID)


def _iou(polygons: dict[int, NDArray[np.int32]], one: int, other: int) -> float:
    both = np.concatenate([polygons[one], polygons[other]])
    low = both.min(axis=0)
    columns, rows = np.ptp(both, axis=0) + 1
    masks = np.zeros((2, rows, columns), np.uint8)
    for mask, class_id in zip(masks, (one, other), strict=True):
        cv2.fillPoly(mask, [polygons[class_id] - low], 1)
    first, second = masks.astype(bool)
    return float((first & second).sum() / (first | second).sum())


def test_mean_areas_are_those_of_the_real_data(counted: Counted) -> None:
    ratio = counted.areas.mean(axis=0) / MEAN_AREAS
    assert {bones.NAMES[i]: r for i, r in enumerate(ratio) if not 0.8 <= r <= 1.2} == {}


def test_only_unlisted_fingers_have_interpolated_areas() -> None:
    names = {bones.NAMES[class_id] for class_id in INTERPOLATED}
    assert names == {f"finger-{number}" for number in (13, 14, 15, 17, 18, 19)}


def test_areas_vary_between_people(counted: Counted) -> None:
    assert (counted.areas.std(axis=0) / counted.areas.mean(axis=0)).min() > 0.1


def test_overlap_is_as_common_as_in_the_real_data(counted: Counted) -> None:
    assert 0.003 <= counted.overlapping_share.mean() <= 0.005
    assert counted.overlapping_share.min() > 0.0005  # of every image


def test_crowded_carpals_overlap_as_in_the_real_data(counted: Counted) -> None:
    assert 0.35 <= counted.wrist_iou.mean() <= 0.55
    assert 0.14 <= counted.thumb_iou.mean() <= 0.25


def test_every_image_has_all_bones_inside_it(hands: list[Hand], counted: Counted) -> None:
    for hand in hands:
        polygons = hand.polygons()
        assert list(polygons) == list(range(bones.COUNT))
        for points in polygons.values():
            assert len(points) >= 3
            assert points.min() >= 0
            assert points.max() < SIZE
    assert counted.areas.min() > 1000


def test_nearly_all_polygons_are_simple(hands: list[Hand]) -> None:
    crossing = [_crosses_itself(p) for hand in hands[::2] for p in hand.polygons().values()]
    assert np.mean(crossing) <= 0.01


def _crosses_itself(points: NDArray[np.int32]) -> bool:
    here = points.astype(np.int64)
    after = np.roll(here, -1, axis=0)

    def side(of: NDArray[np.int64]) -> NDArray[np.int64]:
        along, to = (after - here)[:, None], of[None] - here[:, None]
        turn = along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
        return np.asarray(np.sign(turn), np.int64)

    splits = side(here) * side(after) < 0
    return bool((splits & splits.T).any())


def test_left_hand_mirrors_the_right_one(hands: list[Hand]) -> None:
    for right, left in zip(hands[::2], hands[1::2], strict=True):
        # Shoelace area of the triangle thumb tip, middle tip, little tip: its sign is the side.
        turns = []
        for hand in (right, left):
            thumb, middle, little = (hand.bones[class_id].axis[1] for class_id in (0, 7, 15))
            (a, b), (c, d) = middle - thumb, little - thumb
            turns.append(a * d - b * c)
        assert turns[0] > 0 > turns[1]
        assert turns[0] == pytest.approx(-turns[1], rel=0.25)


def test_both_hands_of_a_person_are_alike(counted: Counted) -> None:
    logs = np.log(counted.areas[:, :27])  # the forearm is cut by the image's edge
    of_one_person = np.abs(logs[::2] - logs[1::2]).mean()
    of_two_people = np.abs(logs[::2] - np.roll(logs[1::2], 1, axis=0)).mean()
    assert of_one_person < 0.35 * of_two_people


@pytest.mark.parametrize(("part", "share"), [("train", 0.11), ("test", 0.58)])
def test_tilted_wrists_are_rare_in_train_and_common_in_test(part: Part, share: float) -> None:
    tilts = [
        [abs(hand.pose.tilt) for hand in hands_of(0, part, person, 256)] for person in range(PEOPLE)
    ]
    tilted = [min(both) >= TILT_DEGREES[0] for both in tilts]
    straight = [max(both) <= STRAIGHT_DEGREES for both in tilts]
    assert all(one != other for one, other in zip(tilted, straight, strict=True))
    assert np.mean(tilted) == pytest.approx(share, abs=0.021)  # one person of fifty


def test_another_size_scales_the_same_hands() -> None:
    for large, small in zip(hands_of(3, "train", 5), hands_of(3, "train", 5, 256), strict=True):
        for class_id, points in small.polygons().items():
            # (x + 1/2) / 8 - 1/2: pixel centres
            wanted = (large.polygons()[class_id].mean(axis=0) + 0.5) / 8 - 0.5
            assert np.abs(points.mean(axis=0) - wanted).max() < 2.5


def test_a_person_depends_on_seed_part_and_number_only() -> None:
    def first(seed: int, part: Part, person: int) -> bytes:
        return hands_of(seed, part, person, 512)[0].polygons()[0].tobytes()

    assert first(1, "train", 4) == first(1, "train", 4)
    others = {first(2, "train", 4), first(1, "test", 4), first(1, "train", 5)}
    assert first(1, "train", 4) not in others
    assert len(others) == 3
