import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from handseg import bones

Colours = NDArray[np.float64]

# Machado, Oliveira and Fernandes 2009, table 1, severity 1.0; applied to linear sRGB.
SIGHT: dict[str, Colours] = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

# Ottosson 2020: linear sRGB to cone responses, and their cube roots to OKLab.
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

CARPAL_CONTACTS = (
    ("Trapezium", "Trapezoid"), ("Trapezoid", "Capitate"), ("Capitate", "Hamate"),
    ("Scaphoid", "Lunate"), ("Lunate", "Triquetrum"), ("Triquetrum", "Pisiform"),
    ("Scaphoid", "Trapezium"), ("Scaphoid", "Trapezoid"), ("Scaphoid", "Capitate"),
    ("Lunate", "Capitate"), ("Lunate", "Hamate"), ("Triquetrum", "Hamate"),
    ("Pisiform", "Hamate"), ("Scaphoid", "Radius"), ("Lunate", "Radius"), ("Lunate", "Ulna"),
    ("Triquetrum", "Ulna"), ("Pisiform", "Ulna"), ("Radius", "Ulna"),
    ("finger-3", "Trapezium"), ("finger-7", "Trapezium"), ("finger-7", "Trapezoid"),
    ("finger-7", "Capitate"), ("finger-11", "Capitate"), ("finger-15", "Hamate"),
    ("finger-15", "Capitate"), ("finger-19", "Hamate"),
)  # fmt: skip


def linear() -> Colours:
    text = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in bones.COLOURS]) / 255
    return np.where(text <= 0.04045, text / 12.92, ((text + 0.055) / 1.055) ** 2.4)


def lab(sight: str) -> Colours:
    seen = np.clip(linear() @ SIGHT[sight].T, 0, 1)
    return np.asarray(np.cbrt(seen @ TO_CONES.T) @ TO_LAB.T)


def meeting_pairs() -> list[tuple[int, int]]:
    fingers = list(bones.FINGERS.values())
    along = [pair for finger in fingers for pair in itertools.pairwise(finger)]
    across = [
        pair
        for a, b in (
            (1, 2),
            (2, 3),
            (3, 4),
            (1, 3),
        )  # index and ring are confused by long trainings
        for pair in zip(fingers[a], fingers[b], strict=True)
    ]
    carpal = [(bones.CLASS_ID[a], bones.CLASS_ID[b]) for a, b in CARPAL_CONTACTS]
    return along + across + carpal


def test_there_are_29_bones_with_a_colour_and_a_short_label_each() -> None:
    assert bones.COUNT == len(set(bones.NAMES)) == 29
    assert len(set(bones.COLOURS)) == len(set(bones.SHORT)) == 29
    assert max(map(len, bones.SHORT)) == 2


def test_fingers_carpals_and_forearm_are_all_the_bones() -> None:
    parts = [*itertools.chain(*bones.FINGERS.values()), *bones.CARPALS, *bones.FOREARM]
    assert parts == list(range(29))


@pytest.mark.parametrize("sight", SIGHT)
def test_bones_that_meet_have_colours_that_are_told_apart(sight: str) -> None:
    colours = lab(sight)
    apart = [float(np.linalg.norm(colours[a] - colours[b])) for a, b in meeting_pairs()]
    assert min(apart) >= 0.13


def test_colours_stand_out_from_a_black_ground() -> None:
    luminance = linear() @ [0.2126, 0.7152, 0.0722]
    # WCAG's contrast with black: (L + 0.05) / 0.05.
    assert float(luminance.min() + 0.05) / 0.05 >= 3
