"""Annotations that are probably wrong: labels exchanged, bones out of place, outlines off them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.eda import arrangement, exposure, other_hand, typical
from handseg.eda.arrangement import Arrangement
from handseg.eda.measures import BoneMeasures, ImageMeasures
from handseg.eda.outlier import Outlier, label_score

_LEAST_DEVIATION = 0.01
"""Of a bone's distance from its place, in hand sizes."""
_OUT_OF_PLACE = 8.0
"""Deviations; a finger that is spread wide comes to 6."""
_SUSPECT, _LEAST_SUSPECT = 3.5, 2.0
"""Deviations from which a bone may have been exchanged with another that is at least so far off,
if that settles both."""
_SETTLED = 0.5
"""Part of its distance that a bone may keep where the other's label explains it."""
_FAINT = 0.4
"""Of the usual contrast: below it an outline does not lie on its bone."""
_FAINT_BONES = 0.5
"""Part of the bones that must be faint for the whole annotation to be off."""
_ODD_AREA = 8.0
_LEAST_AREA_DEVIATION = 0.05
"""Of the logarithm of a bone's area."""
_ALL_NAMED = 4


def find(images: Sequence[ImageMeasures]) -> list[Outlier]:
    """Look for wrong labels.

    Args:
        images: those with annotations are compared with each other.
    """
    annotated = [(image.name, image.bones) for image in images if image.bones is not None]
    if len(annotated) < typical.LEAST_IMAGES:
        return []
    names, measured = [name for name, _ in annotated], [found for _, found in annotated]
    dark_on_light = exposure.inverted([image.exposure for image in images])
    signs = [
        -1.0 if dark else 1.0
        for image, dark in zip(images, dark_on_light, strict=True)
        if image.bones is not None
    ]
    found = [*_out_of_place(names, measured), *_off(names, measured, signs)]
    told = {(one.image_name, bone) for one in found for bone in one.bones}
    return found + [
        one
        for one in _odd_areas(names, measured)
        # A bone under another's label is of that one's size.
        if not any((one.image_name, bone) in told for bone in one.bones)
    ]


def _out_of_place(names: Sequence[str], measured: Sequence[BoneMeasures]) -> Iterator[Outlier]:
    usual = arrangement.usual([found.centres for found in measured])
    distances = np.array([arrangement.residuals(found.centres, usual) for found in measured])
    far = typical.deviations(distances, least=_LEAST_DEVIATION)
    for name, found, own, apart in zip(names, measured, far, distances, strict=True):
        mirrored = other_hand.find(found.centres, usual) if (own > _SUSPECT).any() else ()
        if mirrored:
            yield Outlier(
                image_name=name,
                bones=_named([class_id for pair in mirrored for class_id in pair]),
                reason=f"mirrored: labels of the other hand ({_pairs(mirrored)} exchanged)",
                score=label_score(float(np.nanmax(own))),
            )
            continue
        exchanged = _exchanged(found.centres, own, apart, usual)
        pairs = [pair for pair, _ in exchanged]
        if pairs:
            ids = [class_id for pair in pairs for class_id in pair]
            yield Outlier(
                image_name=name,
                bones=_named(ids),
                reason=f"labels exchanged: {_pairs(pairs)}"
                + ("; perhaps a mirrored hand" if _are_across(pairs) else ""),
                score=label_score(max(score for _, score in exchanged)),
            )
        explained = {class_id for pair in pairs for class_id in pair}
        alone = [c for c in np.flatnonzero(own > _OUT_OF_PLACE).tolist() if c not in explained]
        # Beside a bone that is far off, its neighbours seem to be a little.
        worst = max((own[c] for c in alone), default=0.0)
        alone = [c for c in alone if own[c] > worst / 3]
        if alone and not pairs:
            yield Outlier(
                image_name=name,
                bones=_named(alone),
                reason=f"out of place: {_distances(alone, apart)}",
                score=label_score(worst),
            )


def _exchanged(
    centres: NDArray[np.complex128],
    far: NDArray[np.float64],
    apart: NDArray[np.float64],
    usual: Arrangement,
) -> list[tuple[tuple[int, int], float]]:
    """Pairs of bones that come to their places when their labels are exchanged, worst first."""
    found: list[tuple[tuple[int, int], float]] = []
    taken: set[int] = set()
    for a, b, tried in sorted(_trials(far, centres, usual), key=lambda t: float(t[2].sum())):
        if a in taken or b in taken or not (tried < _SETTLED * apart[[a, b]]).all():
            continue
        taken |= {a, b}
        found.append(((a, b), float(max(far[a], far[b]))))
    return sorted(found, key=lambda one: -one[1])


def _trials(
    far: NDArray[np.float64], centres: NDArray[np.complex128], usual: Arrangement
) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """Each pair that may be exchanged, with both distances after that, other suspects left out."""
    suspects = np.flatnonzero(far > _SUSPECT).tolist()
    for a, b in combinations(np.flatnonzero(far > _LEAST_SUSPECT).tolist(), 2):
        if a not in suspects and b not in suspects:
            continue
        swapped = centres.copy()
        swapped[[a, b]] = centres[[b, a]]
        swapped[[c for c in suspects if c not in (a, b)]] = np.nan
        yield a, b, arrangement.residuals(swapped, usual)[[a, b]]


def _off(
    names: Sequence[str], measured: Sequence[BoneMeasures], signs: Sequence[float]
) -> Iterator[Outlier]:
    """Annotations that do not lie on bones, by contrast; its sign is -1 in inverted images."""
    contrasts = np.array(
        [found.contrasts * sign for found, sign in zip(measured, signs, strict=True)]
    )
    usual = typical.middle(contrasts)
    for name, own, found, sign in zip(names, contrasts, measured, signs, strict=True):
        known = np.isfinite(own) & (usual > 0)
        if sign > 0:  # The ground of an inverted image is white however it is exposed.
            known &= ~found.saturated
        faint = known & (own < _FAINT * usual)
        if not known.any() or faint.sum() < _FAINT_BONES * known.sum():
            continue
        share = faint.sum() / known.sum()
        yield Outlier(
            image_name=name,
            bones=_named(np.flatnonzero(faint).tolist()),
            reason=f"outlines do not lie on the bones: {share:.0%} of them stand out little "
            "from what is around them (mirrored, moved, or of another image)",
            score=label_score(100 * share),
        )


def _odd_areas(names: Sequence[str], measured: Sequence[BoneMeasures]) -> Iterator[Outlier]:
    logs = np.log(np.array([found.areas for found in measured]))
    # Less the hand's own size.
    own = logs - np.nanmedian(logs, axis=1, keepdims=True)
    odd = typical.deviations(own, least=_LEAST_AREA_DEVIATION)
    for name, row in zip(names, odd, strict=True):
        ids = np.flatnonzero(np.abs(row) > _ODD_AREA).tolist()
        if not ids:
            continue
        worst = max(ids, key=lambda class_id: abs(row[class_id]))
        size = "large" if row[worst] > 0 else "small"
        yield Outlier(
            image_name=name,
            bones=_named(ids),
            reason=f"odd size: {bones.NAMES[worst]} is very {size} for this hand"
            if bones.IS_HAND
            else f"odd size: {bones.NAMES[worst]} is very {size} beside the other bones",
            score=label_score(abs(float(row[worst])) / 2),
        )


def _named(ids: Sequence[int]) -> tuple[str, ...]:
    return tuple(bones.NAMES[class_id] for class_id in ids)


def _pairs(pairs: Sequence[tuple[int, int]]) -> str:
    texts = [f"{bones.NAMES[a]} and {bones.NAMES[b]}" for a, b in pairs[:_ALL_NAMED]]
    more = len(pairs) - _ALL_NAMED
    return ", ".join(texts) + (f" and {more} more pairs" if more > 0 else "")


def _are_across(pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether several bones bear the label of their counterpart on the other side of the hand."""
    return sum(pair in other_hand.PAIRS for pair in pairs) > 1


def _distances(ids: Sequence[int], apart: NDArray[np.float64]) -> str:
    far = sorted(ids, key=lambda class_id: -apart[class_id])
    texts = [f"{bones.NAMES[c]} by {apart[c]:.2f} {arrangement.SIZES}" for c in far[:_ALL_NAMED]]
    more = len(far) - _ALL_NAMED
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")
