import cv2
import numpy as np
import pytest

from handseg.eda import silhouette
from tests.unit.eda.drawn import PEOPLE, SIDE, drawn


def arm(
    degrees: float, hand_degrees: float = 0.0
) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """A bright forearm from the lower edge, and a palm with fingers at an angle to it."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    wrist = np.array([SIDE / 2, SIDE * 0.62])
    for angle, length, width in ((degrees + 180, SIDE, 30), (degrees + hand_degrees, 110, 62)):
        way = np.array([np.sin(np.radians(angle)), -np.cos(np.radians(angle))])
        end = wrist + way * length
        cv2.line(image, wrist.astype(int).tolist(), end.astype(int).tolist(), (200,), width)
    return image


@pytest.mark.parametrize("degrees", [-30, -10, 0, 15, 35])
def test_a_straight_arm_points_where_it_points(degrees: float) -> None:
    found = silhouette.lie(arm(degrees))
    assert found is not None
    assert found.forearm == pytest.approx(degrees, abs=4)
    assert found.tilt == pytest.approx(0, abs=5)


@pytest.mark.parametrize("bend", [-25, 25])
def test_a_bent_wrist_is_bent_to_its_side(bend: float) -> None:
    found = silhouette.lie(arm(0, bend))
    assert found is not None
    assert found.tilt == pytest.approx(bend, abs=8)


def test_an_empty_image_has_no_hand() -> None:
    assert silhouette.lie(np.zeros((100, 80), np.uint8)) is None


def test_a_frame_is_no_hand() -> None:
    framed = arm(0)
    framed[:6], framed[:, :6], framed[:, -6:] = 255, 255, 255
    found = silhouette.lie(framed)
    assert found is not None
    assert found.forearm == pytest.approx(0, abs=5)


def test_mirrored_images_lie_mirrored() -> None:
    for number in range(2 * PEOPLE):
        pixels, _ = drawn(number)
        one, other = (silhouette.lie(np.ascontiguousarray(p)) for p in (pixels, pixels[:, ::-1]))
        assert one is not None and other is not None
        assert one.hand == pytest.approx(-other.hand, abs=4)
        assert one.tilt == pytest.approx(-other.tilt, abs=6)
