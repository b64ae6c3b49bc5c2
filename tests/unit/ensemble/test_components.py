import numpy as np

from handseg.ensemble import components


def mask(*rows: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.array([[int(c) for c in row] for row in rows], np.uint8)


def test_the_largest_region_is_kept() -> None:
    found = components.largest(mask("110001", "110001", "000001"))
    assert np.array_equal(found, mask("110000", "110000", "000000"))


def test_corners_join() -> None:
    diagonal = mask("1000", "0100", "0000", "0001")
    assert np.array_equal(components.largest(diagonal), mask("1000", "0100", "0000", "0000"))


def test_of_equal_regions_the_upper_left_one_is_kept() -> None:
    assert np.array_equal(components.largest(mask("0001", "1000")), mask("0001", "0000"))
    assert np.array_equal(components.largest(mask("1001")), mask("1000"))


def test_what_is_empty_or_whole_stays() -> None:
    for plane in (mask("000"), mask("111"), np.zeros((0, 0), np.uint8)):
        assert np.array_equal(components.largest(plane), plane)
