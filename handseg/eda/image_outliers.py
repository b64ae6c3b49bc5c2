"""Images that are odd however well they are labelled: light, lie, metal, names, twins."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.eda import arrangement, exposure, typical
from handseg.eda.measures import ImageMeasures
from handseg.eda.outlier import FAULT, Outlier, image_score, label_score

_ODD = 5.0
"""Deviations from which light or sharpness is odd."""
_LEAST_LIGHT, _LEAST_SPREAD, _LEAST_WHITE, _LEAST_SHARPNESS = 0.1, 0.02, 0.005, 0.05
"""Of the logarithm of light, and of the others as they are."""
ROTATED_DEGREES = 25.0
"""Turn of the hand from which an image is rotated; most hands are within 15."""
_RINGED = 9.0
"""Deviations of a shaft's brightest hundredth; rings on synthetic hands are at 12 to 25."""
_LEAST_GLARE = 0.02
_INVERTED_SCORE = 40.0
_MIRRORED_SCORE = 40.0
_TWINS_SCORE = 30.0
_SHAFTS = tuple(ids[-2] for name, ids in bones.FINGERS.items() if name != "thumb")
"""Proximal phalanges, where rings are worn."""
_SIDE = re.compile(r"_([LR])$", re.IGNORECASE)


def find(images: Sequence[ImageMeasures]) -> list[Outlier]:
    """Look for odd images, test images among them."""
    dark_on_light = exposure.inverted([image.exposure for image in images])
    # What is bright, and where the hand lies, is not what it seems in an inverted image.
    plain = [image for image, dark in zip(images, dark_on_light, strict=True) if not dark]
    return [
        *(_inverted(image) for image, dark in zip(images, dark_on_light, strict=True) if dark),
        *_odd_light(plain),
        *_rotated(plain),
        *_metal(plain),
        *_wrong_side(images),
        *_twins(images),
    ]


def _inverted(image: ImageMeasures) -> Outlier:
    return Outlier(
        image_name=image.name,
        bones=(),
        reason="odd exposure: inverted (dark on light, unlike the other images)",
        score=image_score(_INVERTED_SCORE),
    )


def _odd_light(images: Sequence[ImageMeasures]) -> Iterator[Outlier]:
    rows: tuple[tuple[str, str, str, list[float], float], ...] = (
        ("exposure", "flat", "contrasty", [image.spread for image in images], _LEAST_SPREAD),
        ("exposure", "", "white", [image.white_fraction for image in images], _LEAST_WHITE),
        ("sharpness", "blurred", "noisy", [image.sharpness for image in images], _LEAST_SHARPNESS),
    )
    light = [image.exposure.light for image in images]
    # In ratios: half as light is as odd as twice as light.
    far = typical.deviations(np.log(np.maximum(light, 1 / exposure.WHITE)), least=_LEAST_LIGHT)
    yield from _odd(images, "exposure", ("dark", "bright"), light, far)
    for what, low, high, values, least in rows:
        far = typical.deviations(np.array(values), least=least)
        yield from _odd(images, what, (low, high), values, far)


def _odd(
    images: Sequence[ImageMeasures],
    what: str,
    words: tuple[str, str],
    values: Sequence[float],
    far: NDArray[np.float64],
) -> Iterator[Outlier]:
    """Images that are far from usual; an end without a word is not odd."""
    middle = float(np.median(values)) if values else 0.0
    for image, value, own in zip(images, values, far, strict=True):
        word = words[int(own > 0)]
        if abs(own) > _ODD and word:
            yield Outlier(
                image_name=image.name,
                bones=(),
                reason=f"odd {what}: very {word} ({value:.3f}, usual {middle:.3f})",
                score=image_score(float(own)),
            )


def _rotated(images: Sequence[ImageMeasures]) -> Iterator[Outlier]:
    for image in images:
        if image.lie is not None and abs(image.lie.hand) > ROTATED_DEGREES:
            yield Outlier(
                image_name=image.name,
                bones=(),
                reason=f"rotated: the hand is turned by about {image.lie.hand:.0f} degrees",
                score=image_score(abs(image.lie.hand) / 4),
            )


def _metal(images: Sequence[ImageMeasures]) -> Iterator[Outlier]:
    annotated = [(image.name, image.bones) for image in images if image.bones is not None]
    if not annotated:
        return
    glare = np.array([found.glare for _, found in annotated])[:, _SHAFTS]
    far = typical.deviations(glare, least=_LEAST_GLARE)
    for (name, _), own in zip(annotated, far, strict=True):
        ids = [_SHAFTS[i] for i in np.flatnonzero(own > _RINGED)]
        if ids:
            yield Outlier(
                image_name=name,
                bones=tuple(bones.NAMES[class_id] for class_id in ids),
                reason="metal: a very bright part on "
                f"{', '.join(bones.NAMES[class_id] for class_id in ids)}, such as a ring",
                score=image_score(float(np.nanmax(own))),
            )


def _wrong_side(images: Sequence[ImageMeasures]) -> Iterator[Outlier]:
    """Names that tell another side than the arrangement of the annotated bones."""
    annotated = [(image, image.bones) for image in images if image.bones is not None]
    if len(annotated) < typical.LEAST_IMAGES:
        return
    usual = arrangement.usual([found.centres for _, found in annotated])
    told = {
        image.name: (_told(image.name), arrangement.is_mirrored(found.centres, usual))
        for image, found in annotated
        if _told(image.name)
    }
    # Which side the usual arrangement is of, by most of the names that tell one.
    agree = sum((side == "L") == mirrored for side, mirrored in told.values())
    usual_is_right = 2 * agree >= len(told)
    for name, (side, mirrored) in told.items():
        shown = "L" if mirrored == usual_is_right else "R"
        if side != shown:
            words = {"L": "left", "R": "right"}
            noun = "hand" if bones.IS_HAND else "one"
            yield Outlier(
                image_name=name,
                bones=(),
                reason=f"left and right: named a {words[side]} {noun}, and its bones are annotated "
                f"as a {words[shown]} one",
                score=label_score(_MIRRORED_SCORE),
            )


def _told(name: str) -> str:
    found = _SIDE.search(name.rpartition(".")[0])
    return found[1].upper() if found else ""


def _twins(images: Sequence[ImageMeasures]) -> Iterator[Outlier]:
    first: dict[str, ImageMeasures] = {}
    for image in images:
        other = first.setdefault(image.pixel_hash, image)
        if other is not image:
            # As `dataset.twins` has it: a model could be validated on what it was trained on.
            is_fault = image.part == other.part == "train" and image.person != other.person
            yield Outlier(
                image_name=image.name,
                bones=(),
                reason=f"the same pixels as {other.name} of {_whom(image, other)}",
                score=FAULT if is_fault else image_score(_TWINS_SCORE),
            )


def _whom(image: ImageMeasures, other: ImageMeasures) -> str:
    return "the same person" if image.person == other.person else f"person {other.person}"
