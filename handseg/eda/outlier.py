"""One image that is unlike the others, for a reason."""

import math
from dataclasses import dataclass

_HALF = 20.0
"""Deviations at which a score has come 63 % of its way."""
LABEL = 0.5
"""Scores from here on are of labels that are probably wrong; below, of images that are odd."""
FAULT = 1.0
"""Score of what other commands refuse, and of nothing else."""


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """One thing that is unusual about an image."""

    image_name: str
    bones: tuple[str, ...]
    """Those it is about; none where it is the whole image."""
    reason: str
    """What is unusual, with its values."""
    score: float
    """In [0, 1], the greater the odder; from 0.5 on the labels are probably wrong,
    and 1 is a fault."""

    @property
    def is_label(self) -> bool:
        """Whether it says that labels are probably wrong."""
        return LABEL <= self.score < FAULT

    @property
    def is_fault(self) -> bool:
        """Whether other commands refuse the data for it."""
        return self.score >= FAULT


def label_score(deviations: float) -> float:
    """Score of labels that are probably wrong, by how far they are from usual."""
    return min(round(LABEL + LABEL * _part(deviations), 4), FAULT - 1e-4)


def image_score(deviations: float) -> float:
    """Score of an image that is odd and may be labelled well."""
    # However odd, it stays below what says that labels are wrong.
    return min(round(LABEL * _part(deviations), 4), LABEL - 1e-4)


def _part(deviations: float) -> float:
    return 1 - math.exp(-abs(deviations) / _HALF)
