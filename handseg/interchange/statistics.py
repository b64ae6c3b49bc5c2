"""Figures of each bone of each image: area, place, box and axes, in pixels and millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass

from handseg import bones
from handseg.interchange.spacing import Spacing
from handseg.masks import moments, rle
from handseg.report import outlines


@dataclass(frozen=True, kw_only=True)
class BoneFigures:
    """One bone of one image; empty masks have an area of 0 and nothing else."""

    image_name: str
    bone: str
    area_px: int
    area_mm2: float | None
    """None where the pixel spacing is not known, as for all in mm."""
    centre_x: float | None
    centre_y: float | None
    left: int | None
    top: int | None
    width: int | None
    height: int | None
    long_axis_px: float | None
    """Of the ellipse with the mask's second moments."""
    short_axis_px: float | None
    long_axis_mm: float | None
    """None as well where a pixel is not square."""
    short_axis_mm: float | None


def of_image(
    name: str, runs: Sequence[rle.Runs], shape: tuple[int, int], spacing: Spacing | None
) -> list[BoneFigures]:
    """Measure every bone of an image.

    Args:
        name: of the image.
        runs: 29 in the official order.
        shape: (height, width) of the image.
        spacing: mm between rows and between columns, where it is known.
    """
    return [_of_bone(name, c, found, shape, spacing) for c, found in enumerate(runs)]


def _of_bone(
    name: str, class_id: int, runs: rle.Runs, shape: tuple[int, int], spacing: Spacing | None
) -> BoneFigures:
    found, area = moments.of_runs(runs, shape[1]), rle.area(runs)
    box, _ = outlines.roi(runs, shape)
    is_there = found is not None
    square_mm = spacing[0] if spacing is not None and spacing[0] == spacing[1] else None
    return BoneFigures(
        image_name=name,
        bone=bones.NAMES[class_id],
        area_px=area,
        area_mm2=None if spacing is None else area * spacing[0] * spacing[1],
        centre_x=found.x if found else None,
        centre_y=found.y if found else None,
        left=box.left if is_there else None,
        top=box.top if is_there else None,
        width=box.width if is_there else None,
        height=box.height if is_there else None,
        long_axis_px=found.long_axis if found else None,
        short_axis_px=found.short_axis if found else None,
        long_axis_mm=found.long_axis * square_mm if found and square_mm else None,
        short_axis_mm=found.short_axis * square_mm if found and square_mm else None,
    )
