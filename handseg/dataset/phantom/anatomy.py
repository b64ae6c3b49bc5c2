"""What differs from person to person: sizes, proportions and shapes of the 29 bones."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones

UNIT_PX = 2048
"""Side of the square in which lengths, areas and positions of this package are given."""

MEAN_AREAS: tuple[float, ...] = (
    *(8116, 16544, 27043),
    *(5105, 9903, 21708, 35854),
    *(5910, 12597, 24206, 32278),
    *(5668, 11900, 21900, 25600),
    *(3895, 7300, 15000, 21900),
    *(9640, 5953, 15813, 11503, 10740, 8513, 7364, 4439),
    *(75875, 40077),
)
"""Mean area of each class in square pixels, counted on the real data except `INTERPOLATED`."""

INTERPOLATED = frozenset({12, 13, 14, 16, 17, 18})
"""Class ids whose area is not known: bone length times the mean width of its neighbours."""

# Adult means in millimetres times 7: at seven pixels a millimetre the known areas give the
# known widths of these bones.
MEAN_LENGTHS: tuple[float, ...] = (
    *(152, 221, 323),
    *(111, 157, 279, 477),
    *(122, 184, 312, 452),
    *(121, 180, 290, 406),
    *(112, 127, 229, 376),
)
"""Mean length of the finger bones (class ids 0 to 18), in pixels."""

SHAPE_TERMS = 20
"""Random numbers that shape one outline; see `outlines`."""


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """One hand; the two hands of a person are near copies of each other."""

    scale: float
    """Size of the whole hand; 1 is the mean."""
    lengths: NDArray[np.float64]
    """(29,) length of each bone against the mean, without `scale`."""
    areas: NDArray[np.float64]
    """(29,) area of each bone against the mean, without `scale`."""
    shapes: NDArray[np.float64]
    """(29, SHAPE_TERMS) standard normal numbers."""
    offsets: NDArray[np.float64]
    """(29, 3) standard normal numbers: a carpal's or base's place (x, y) and its turn."""
    gap_px: float
    """Mean width of the finger joints, in pixels."""
    ulnar_variance_px: float
    """How far the ulna ends before (positive) or beyond the usual place, in pixels."""
    cortex: float
    """Thickness of the cortex against the mean."""
    density: float
    """Brightness of bone against soft tissue; 1 is the mean."""
    flesh: float
    """Thickness of soft tissue around the bones against the mean."""
    is_sesamoid_drawn: bool
    """Whether finger-3 is outlined together with the thumb's sesamoid, as is usual."""


def sample_anatomy(rng: Generator) -> Anatomy:
    """Draw one person's right hand."""
    slender = rng.normal(0, 0.06)
    finger = np.zeros(bones.COUNT)
    for class_ids in bones.FINGERS.values():
        finger[list(class_ids)] = rng.normal(0, 0.03)
    lengths = np.exp(finger + rng.normal(0, 0.025, bones.COUNT))
    widths = np.exp(-slender + rng.normal(0, 0.045, bones.COUNT))
    return Anatomy(
        scale=float(np.clip(rng.normal(0.99, 0.065), 0.84, 1.13)),
        lengths=lengths,
        areas=lengths * widths,
        shapes=rng.standard_normal((bones.COUNT, SHAPE_TERMS)),
        offsets=rng.standard_normal((bones.COUNT, 3)),
        gap_px=float(rng.uniform(4, 13)),
        ulnar_variance_px=float(rng.normal(0, 12)),
        cortex=float(np.exp(rng.normal(0, 0.18))),
        density=float(np.exp(rng.normal(0, 0.12))),
        flesh=float(np.exp(rng.normal(0, 0.12))),
        is_sesamoid_drawn=bool(rng.random() < 0.85),
    )


def vary_hand(anatomy: Anatomy, rng: Generator) -> Anatomy:
    """Return one hand of the person: the same anatomy with the small differences of two sides."""
    mix = 0.25  # of the variation between people
    keep = np.sqrt(1 - mix**2)
    count = bones.COUNT
    return Anatomy(
        scale=anatomy.scale * float(np.exp(rng.normal(0, 0.008))),
        lengths=anatomy.lengths * np.exp(rng.normal(0, 0.006, count)),
        areas=anatomy.areas * np.exp(rng.normal(0, 0.012, count)),
        shapes=keep * anatomy.shapes + mix * rng.standard_normal((count, SHAPE_TERMS)),
        offsets=keep * anatomy.offsets + mix * rng.standard_normal((count, 3)),
        gap_px=anatomy.gap_px * float(np.exp(rng.normal(0, 0.05))),
        ulnar_variance_px=anatomy.ulnar_variance_px + float(rng.normal(0, 3)),
        cortex=anatomy.cortex,
        density=anatomy.density,
        flesh=anatomy.flesh,
        is_sesamoid_drawn=anatomy.is_sesamoid_drawn,
    )
