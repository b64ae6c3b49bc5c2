from pathlib import Path

import numpy as np
import pytest

from handseg.findings import fingerprint, leaks
from handseg.images.cache import CachedImage, CacheWriter, ImageCache
from handseg.masks.polygons import Polygons

TRUTH: Polygons = {0: [np.array([[1, 1], [9, 1], [5, 9]], np.int32)]}
OTHER: Polygons = {0: [np.array([[2, 1], [9, 1], [5, 9]], np.int32)]}


def image(name: str, person: str, seed: int, truth: Polygons) -> CachedImage:
    pixels = np.random.default_rng(seed).integers(0, 255, (16, 16), dtype=np.uint8)
    return CachedImage(name, person, "train", pixels, truth)


@pytest.fixture
def cache(tmp_path: Path) -> ImageCache:
    with CacheWriter(tmp_path, {}, "none") as writer:
        for each in (
            image("a.png", "ID1", 0, TRUTH),
            image("twin.png", "ID2", 0, OTHER),
            image("redrawn.png", "ID3", 1, TRUTH),
            image("new.png", "ID4", 2, {1: OTHER[0]}),
            image("plain.png", "ID5", 3, {}),
        ):
            writer.add(each)
    return ImageCache(tmp_path)


def test_the_same_pixels_under_another_person_leak(cache: ImageCache) -> None:
    trained = fingerprint.of_people(cache, ["a.png", "plain.png"])
    found = leaks.across_fold(trained, fingerprint.of_people(cache, ["twin.png", "new.png"]))
    assert [str(finding) for finding in found] == [
        "leaking folds: person ID2: "
        "is held out, and an image of person ID1 with the same pixels is trained on"
    ]


def test_an_image_saved_anew_is_known_by_its_annotation(cache: ImageCache) -> None:
    trained = fingerprint.of_people(cache, ["a.png"])
    (found,) = leaks.across_fold(trained, fingerprint.of_people(cache, ["redrawn.png"]))
    assert "the same annotation" in found.detail


def test_images_without_truth_are_not_alike_for_that(cache: ImageCache) -> None:
    assert len(fingerprint.of_image(cache.read("plain.png"))) == 1


def test_a_person_is_seen_again_by_id_pixels_or_annotation(cache: ImageCache) -> None:
    seen = leaks.hashed(fingerprint.of_people(cache, ["a.png"]))
    held_out = fingerprint.of_people(cache, ["twin.png", "redrawn.png", "new.png"])
    assert leaks.seen_again({**held_out, "ID1": ["pnever"]}, seen) == {
        "ID2": "same pixels",
        "ID3": "same annotation",
        "ID1": "same id",
    }


def test_a_card_tells_nobodys_id(cache: ImageCache) -> None:
    hashed = leaks.hashed(fingerprint.of_people(cache, ["a.png"]))
    assert "ID1" not in str(hashed) and len(hashed) == 1


def test_joining_loses_nobody() -> None:
    assert leaks.joined({"a": ["p1"], "b": []}, {"a": ["p2", "p1"], "c": ["t"]}) == {
        "a": ["p1", "p2"],
        "b": [],
        "c": ["t"],
    }
