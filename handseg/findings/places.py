"""A bone predicted in two places that are far apart."""

import math
from collections.abc import Mapping

from handseg import bones
from handseg.findings import regions
from handseg.findings.regions import Region

_LEAST_SHARE = 0.1
"""A further piece counts from this part of the largest one on; specks are no second bone."""
_FAR = 0.5
"""Gap that is far, in square roots of the largest piece's area: some 70 px for a phalanx at 2048,
where joints are 5 to 20 px, and a ring hides up to 40 px of a shaft."""


def apart(found: Mapping[int, Region], true: Mapping[int, Region] | None = None) -> list[str]:
    """What is in two places, as text; a bone that is so in truth is passed over.

    Args:
        found: the predicted bones, by class id.
        true: the annotated ones, where they are known.
    """
    texts = []
    for class_id, region in found.items():
        gap = _gap(region)
        if gap is None or (true and class_id in true and _gap(true[class_id]) is not None):
            continue
        texts.append(f"{bones.NAMES[class_id]} in places {gap:.0f} px apart")
    return texts


def _gap(region: Region) -> float | None:
    """Between the largest piece and the farthest that counts; None where they are near."""
    largest = region.pieces[0]
    gaps = [
        regions.gap_px(region, largest, piece)
        for piece in region.pieces[1:]
        if piece.area >= _LEAST_SHARE * largest.area
    ]
    farthest = max(gaps, default=0.0)
    return farthest if farthest > _FAR * math.sqrt(largest.area) else None
