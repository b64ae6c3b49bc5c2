"""Pictures of an image under every adjustment and augmentation, as training would see it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from handseg.images import adjustments
from handseg.images.cache import CachedImage
from handseg.images.sheet import Panel
from handseg.settings import AugmentSettings, ModelSettings, PreprocessSettings, TrainSettings
from handseg.training.data import TrainingImages
from handseg.training.schedule import Draw

COLUMNS = 8
"""As many as there are panels of each kind: a row of each."""
_DRAWS = 8
_NO_ADJUSTMENT = PreprocessSettings(sharpness=1)
_NO_AUGMENTATION = AugmentSettings(flip=0, rotate=0, grid_dropout=0)
_SHOWN_FACTOR = 2.0
"""Of an adjustment that the settings leave out: the report's factor in every one of its trials, and
the clip limit of the entry that took CLAHE."""
_SHOWN_SCALE, _SHOWN_SHIFT, _SHOWN_CONTRAST = 0.2, 0.1, 0.3


class Panels:
    """Pictures of one image, made by the code that makes training samples."""

    def __init__(self, images: Sequence[CachedImage], *, panel_px: int, seed: int) -> None:
        """Begin.

        Args:
            images: as read from disk: the one to show first, then those whose bones are pasted.
            panel_px: side of a picture.
            seed: of the random changes.
        """
        self._images = images
        self._panel_px = panel_px
        self._seed = seed
        self._shelves: dict[PreprocessSettings, _Shelf] = {}

    def adjusted(self, wanted: PreprocessSettings) -> Iterator[Panel]:
        """Each adjustment alone, then those of the settings together."""
        yield self._panel("the image", _NO_AUGMENTATION, _NO_ADJUSTMENT)
        for name in ("sharpness", "gamma", "saturation", "contrast", "brightness", "clahe"):
            value = getattr(wanted, name)
            if value == getattr(_NO_ADJUSTMENT, name):
                value = _SHOWN_FACTOR
            alone = replace(_NO_ADJUSTMENT, **{name: value})
            yield self._panel(f"{name} {value:g}", _NO_AUGMENTATION, alone)
        yield self._panel("adjusted as set", _NO_AUGMENTATION, wanted)

    def augmented(self, wanted: AugmentSettings, adjusted: PreprocessSettings) -> Iterator[Panel]:
        """Each augmentation alone and certain, then those of the settings, drawn several times."""
        plain = self._panel("", _NO_AUGMENTATION, adjusted).image.astype(np.int16)
        for title, changes in _alone(wanted).items():
            certain = replace(_NO_AUGMENTATION, **changes)
            drawn = [self._panel(title, certain, adjusted, draw=i) for i in range(_DRAWS)]
            yield max(drawn, key=lambda panel: float(np.abs(panel.image - plain).mean()))
        for i in range(_DRAWS):
            yield self._panel(f"all as set, draw {i + 1}", wanted, adjusted, draw=i)

    def _panel(
        self,
        title: str,
        augment: AugmentSettings,
        adjusted: PreprocessSettings,
        *,
        draw: int = 0,
    ) -> Panel:
        shelf, side = self._shelf(adjusted), self._panel_px
        model = ModelSettings(input_px=side, output_px=side)
        names = [image.name for image in self._images]
        samples = TrainingImages(shelf, names, TrainSettings(model=model, augment=augment))
        pixels, field, _ = samples[Draw(0, side, (self._seed, draw))]
        return Panel(title, pixels, field.astype(np.int32))

    def _shelf(self, adjusted: PreprocessSettings) -> "_Shelf":
        if adjusted not in self._shelves:
            self._shelves[adjusted] = _Shelf(self._images, adjusted)
        return self._shelves[adjusted]


class _Shelf:
    """Images as `preprocess` leaves them."""

    def __init__(self, images: Sequence[CachedImage], settings: PreprocessSettings) -> None:
        self._images = {
            image.name: replace(image, pixels=adjustments.adjust(image.pixels, settings))
            for image in images
        }

    def read(self, name: str) -> CachedImage:
        """One image, adjusted."""
        return self._images[name]


def _alone(wanted: AugmentSettings) -> Mapping[str, Mapping[str, Any]]:
    """What to change for each augmentation alone, by title."""
    degrees = wanted.rotate_degrees or AugmentSettings().rotate_degrees
    scale = wanted.scale_fraction or _SHOWN_SCALE
    shift = wanted.shift_fraction or _SHOWN_SHIFT
    contrast = wanted.contrast_fraction or _SHOWN_CONTRAST
    elastic = wanted.elastic_fraction or AugmentSettings().elastic_fraction
    moved = {"rotate_degrees": 0.0, "scale_fraction": scale, "shift_fraction": shift}
    return {
        "flip": {"flip": 1.0},
        f"rotate {degrees:g} degrees": {"rotate": 1.0, "rotate_degrees": degrees},
        f"scale {scale:g}, shift {shift:g}": {"rotate": 1.0, **moved},
        f"elastic {elastic:g}": {"elastic": 1.0, "elastic_fraction": elastic},
        "copy-paste": {"copy_paste": 1.0, "copy_paste_bones": wanted.copy_paste_bones},
        "GridDropout": {"grid_dropout": 1.0},
        "Cutout": {"cutout": 1.0},
        f"contrast {contrast:g}": {"contrast_fraction": contrast},
    }
