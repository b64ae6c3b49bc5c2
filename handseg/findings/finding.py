"""A named warning about a training, its data or its predictions."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Name = Literal[
    "finger confusion",
    "bone in two places",
    "left and right",
    "over-training",
    "leaking folds",
]

MEANING: dict[Name, str] = {
    "finger confusion": "bones of two fingers claim one region, or a bone lies on another finger's",
    "bone in two places": "one bone was predicted in places that are far apart",
    "left and right": "fingers are out of order across the palm, or one part of the hand is a left "
    "one and another a right one",
    "over-training": "the training images were still learned better while the held-out ones were "
    "already found worse",
    "leaking folds": "held-out images are not new to the member, so that its Dice says too much",
}
"""What each name stands for."""

IN_IMAGES: tuple[Name, ...] = ("finger confusion", "bone in two places", "left and right")
"""Those that are found in predictions of images."""

OF_HANDS: tuple[Name, ...] = ("finger confusion", "left and right")
"""Those that are not looked for where the bones are others than a hand's."""

REMEDY: dict[Name, str] = {
    "finger confusion": "look at these images; train for longer where Dice still rises, for less "
    "long where it fell, or leave the member out of the vote",
    "bone in two places": "look at these images; --settings.largest_component true keeps one place",
    "left and right": "look at these images, and at their annotations: mirrored ones exist",
    "over-training": "train for less long, or with more augmentation; the best step's weights were "
    "kept",
    "leaking folds": "put the images of one person into one folder, remove twins "
    "(`handseg check` lists them), split and train again",
}
"""What to do about each."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found, and about what."""

    name: Name
    about: str
    """The image, the member or the people it was found in."""
    detail: str
    """What was seen there, with its values."""

    def __str__(self) -> str:
        return f"{self.name}: {self.about}: {self.detail}"


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """How many images (or members) each name was found in, by name."""
    places = {(finding.name, finding.about) for finding in findings}
    return dict(sorted(Counter(name for name, _ in places).items()))
