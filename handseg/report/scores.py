"""Dice of every out-of-fold image and bone, by member and for the members' vote, from runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg.ensemble import voting
from handseg.ensemble.rule import Rule
from handseg.ensemble.shares import Shares
from handseg.findings import image as findings
from handseg.findings import mistaken
from handseg.findings.finding import Finding
from handseg.findings.mistaken import Counts
from handseg.images.cache import CachedImage
from handseg.inference.store import ImageTiles
from handseg.masks import bitfield, dice, rle
from handseg.report import calibration, disagreement
from handseg.report.disagreement import ImageDisagreement

MEMBER_THRESHOLD = 0.5
"""A member alone is scored at this probability, as training does."""

PerBone = NDArray[np.float64]
"""float64 (29,), in the official order."""


@dataclass(frozen=True, kw_only=True)
class ImageScore:
    """How well the bones of one image were found by members that never saw its person."""

    name: str
    person: str
    shape: tuple[int, int]
    """(height, width) in pixels."""
    areas: PerBone
    """Pixels of the truth."""
    overall: PerBone
    """Dice of the members' vote, in (0, 1]."""
    members: Mapping[str, PerBone]
    """Dice of each member that held the image out, by name."""
    findings: tuple[Finding, ...] = ()
    """About the vote's prediction."""

    @property
    def mean(self) -> float:
        """Mean Dice of the vote over the bones."""
        return float(self.overall.mean())


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What one image gives: its score, and what is added up over images and not kept of each."""

    score: ImageScore
    mistaken: Counts
    """Pixels of the vote's prediction, by true and by predicted bone."""
    calibration: Mapping[str, calibration.Counts]
    """Pixels by probability, of each member that held the image out."""
    disagreement: ImageDisagreement | None
    """Between these members; None where there is one."""


@dataclass(frozen=True, kw_only=True)
class Voters:
    """The members that may vote, who has how much of it, and the rule of their vote."""

    names: Sequence[str]
    shares: Shares
    """Of the members, in the order of their names."""
    rule: Rule

    @classmethod
    def plain(cls, weights: Mapping[str, float], rule: Rule) -> "Voters":
        """Members with a weight each."""
        return cls(names=list(weights), shares=Shares.plain(list(weights.values())), rule=rule)


def predict(tiles: Mapping[str, ImageTiles], voters: Voters) -> list[rle.Runs]:
    """The prediction of the members that held an image out.

    Where only members without weight did, they vote equally.

    Args:
        tiles: the image's probabilities, by member.
        voters: all of them and others.

    Returns:
        29 runs in the official order.
    """
    weights = voters.shares.of([voters.names.index(name) for name in tiles])
    return voting.by_rule(list(tiles.values()), weights, voters.rule)


def score(image: CachedImage, tiles: Mapping[str, ImageTiles], voters: Voters) -> Scored:
    """Score one image against the polygons it carries.

    Args:
        image: with its truth.
        tiles: its probabilities, by member; at least one.
        voters: see `predict`.
    """
    height, width = image.pixels.shape
    truth = bitfield.class_runs(image.polygons, (height, width))
    alone = member_masks(tiles)
    if len(alone) == 1 and voters.rule == Rule.at(MEMBER_THRESHOLD):
        predicted = next(iter(alone.values()))
    else:
        predicted = predict(tiles, voters)
    found = ImageScore(
        name=image.name,
        person=image.person,
        shape=(height, width),
        areas=np.array([rle.area(runs) for runs in truth], np.float64),
        overall=_dice(predicted, truth),
        members={name: _dice(runs, truth) for name, runs in alone.items()},
        findings=tuple(findings.of_prediction(image.name, predicted, width, truth=truth)),
    )
    return Scored(
        score=found,
        mistaken=mistaken.counts(predicted, truth),
        calibration={
            name: calibration.counts(values, image.polygons) for name, values in tiles.items()
        },
        disagreement=disagreement.of_masks(image.name, image.person, alone),
    )


def member_masks(tiles: Mapping[str, ImageTiles]) -> dict[str, list[rle.Runs]]:
    """Each member's own masks, 29 runs in the official order; see `MEMBER_THRESHOLD`."""
    return {name: voting.vote([values], [1.0], MEMBER_THRESHOLD) for name, values in tiles.items()}


def _dice(predicted: Sequence[rle.Runs], truth: Sequence[rle.Runs]) -> PerBone:
    return np.array([dice.dice(p, t) for p, t in zip(predicted, truth, strict=True)], np.float64)


def per_bone(scores: Sequence[ImageScore], member: str | None = None) -> PerBone:
    """Mean Dice of each bone.

    Args:
        scores: of all out-of-fold images.
        member: over the images it held out; None is the vote, over all images.

    Returns:
        NaN for a member that held no image out.
    """
    rows = [s.overall if member is None else s.members.get(member) for s in scores]
    found = [row for row in rows if row is not None]
    return np.mean(found, axis=0) if found else np.full(scores[0].overall.shape, np.nan)
