"""`handseg show-augmentations`: every change to an image, on one sheet, with the masks it has."""

import logging
from collections.abc import Sequence
from difflib import get_close_matches

import cv2

from handseg.dataset import annotations, layout
from handseg.dataset.layout import ImageRecord
from handseg.errors import BadInput, MissingInput
from handseg.images import reading, sheet
from handseg.images.cache import CachedImage
from handseg.settings import AugmentSettings, PreprocessSettings
from handseg.storage import artifact, raw
from handseg.storage.location import Location
from handseg.training.panels import COLUMNS, Panels

logger = logging.getLogger(__name__)

_LEAST_PX, _MOST_PX = 64, 1024


def show_augmentations(
    *,
    data: Location,
    out: Location,
    image: str = "",
    panel_px: int = 224,
    seed: int = 0,
    settings: AugmentSettings = AugmentSettings(),  # noqa: B008 - frozen
    preprocess: PreprocessSettings = PreprocessSettings(),  # noqa: B008 - frozen
) -> int:
    """Draw one training image under every adjustment and augmentation, its masks over it.

    First each adjustment alone, then each augmentation alone (of eight draws the one that changes
    the image most), then eight draws of all that the settings give together. What the settings
    leave out is shown at a strength that its title states.

    Args:
        data: Data folder with train/ in the competition's layout.
        out: PNG to write; one that is there is replaced.
        image: File name of the training image to show; by default the first.
        panel_px: Side of each picture, in pixels.
        seed: Of the random changes.
        settings: Augmentations.
        preprocess: Adjustments.

    Returns:
        0.

    Raises:
        BadInput: `out` is no .png, or `panel_px` is out of range.
        MissingInput: there is no such training image.
    """
    if not out.name.endswith(".png"):
        raise BadInput(f"out is {out}; give a path that ends in .png")
    if not _LEAST_PX <= panel_px <= _MOST_PX:
        raise BadInput(f"panel_px must be {_LEAST_PX} to {_MOST_PX}, got {panel_px}")
    records = [r for r in layout.scan(raw.reading_raw(data)) if r.part == "train"]
    shown = _chosen(records, image)
    images = [_load(record) for record in _with_donor(records, shown)]
    panels = Panels(images, panel_px=panel_px, seed=seed)
    pictures = [*panels.adjusted(preprocess), *panels.augmented(settings, preprocess)]
    drawn = sheet.draw(pictures, columns=COLUMNS)
    with artifact.writing(out, folder=False, replace=True) as path:
        path.write_bytes(cv2.imencode(".png", drawn[..., ::-1])[1].tobytes())
    logger.info("%s: %d pictures", out, len(pictures))
    return 0


def _chosen(records: Sequence[ImageRecord], name: str) -> ImageRecord:
    names = [record.name for record in records]
    if not name:
        return records[0]
    if name not in names:
        near = get_close_matches(name, names, n=1) or names[:1]
        raise MissingInput(
            f"image {name}: not among the training images; give one such as {near[0]}"
        )
    return records[names.index(name)]


def _with_donor(records: Sequence[ImageRecord], shown: ImageRecord) -> list[ImageRecord]:
    """The image shown, and one of another person for copy-paste, where there is one."""
    others = [record for record in records if record.person != shown.person]
    return [shown, *others[:1]]


def _load(record: ImageRecord) -> CachedImage:
    pixels = reading.read_grey(record.image_path)
    height, width = pixels.shape
    if record.annotation_path is None:
        raise MissingInput(f"{record.image_path}: a training image without annotation")
    polygons = annotations.load(record.annotation_path, height=height, width=width)
    return CachedImage(record.name, record.person, record.part, pixels, polygons)
