"""Dice of every image, worked out in the background while people look already."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handseg.errors import HandsegError
from handseg.findings import image as findings
from handseg.masks import bitfield, dice
from handseg.masks.rle import Runs
from handseg.viewer.source import ENSEMBLE, Listed, Source

logger = logging.getLogger(__name__)


class Scoring:
    """Scores the vote on every image, one after another, in a thread of its own."""

    def __init__(self, source: Source) -> None:
        """Begin.

        Args:
            source: of the images.
        """
        self._source = source
        self._rows = {name: _unscored(listed) for name, listed in source.images.items()}
        self._left = len(self._rows)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="handseg-scoring", daemon=True)
        self._thread.start()

    def rows(self) -> dict[str, Any]:
        """What is known by now.

        Returns:
            `left`, images not looked at yet; `images`: name, person, part, fold, predictors,
            warnings, oddness, `mean` (Dice, None without truth or prediction), `dice` by class id.
        """
        return {"left": self._left, "images": list(self._rows.values())}

    def stop(self) -> None:
        """End after the image at hand, and wait for that."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        for name, listed in self._source.images.items():
            if self._stopped.is_set():
                return
            if listed.predictors:
                try:
                    self._rows[name] = {**self._rows[name], **self._score(listed)}
                except HandsegError as error:
                    # Of one damaged image the others are still to be seen.
                    logger.warning("%s", error)
                    told = [*self._rows[name]["warnings"], f"cannot be scored: {error}"]
                    self._rows[name] = {**self._rows[name], "warnings": told}
            self._left -= 1

    def _score(self, listed: Listed) -> Mapping[str, Any]:
        image = self._source.image(listed.name)
        height, width = image.pixels.shape
        predicted = self._source.predicted(listed.name, ENSEMBLE)
        truth = bitfield.class_runs(image.polygons, (height, width)) if image.polygons else None
        told = findings.of_prediction(listed.name, predicted, width, truth=truth)
        warnings = [*listed.warnings, *(f"{one.name}: {one.detail}" for one in told)]
        return {"warnings": warnings, **_dice(predicted, truth)}


def _unscored(listed: Listed) -> dict[str, Any]:
    return {
        "name": listed.name,
        "person": listed.person,
        "part": listed.part,
        "fold": listed.fold,
        "predictors": listed.predictors,
        "warnings": list(listed.warnings),
        "oddness": listed.oddness,
        "mean": None,
        "dice": None,
    }


def _dice(predicted: Sequence[Runs], truth: Sequence[Runs] | None) -> dict[str, Any]:
    if truth is None:
        return {}
    found = [dice.dice(p, t) for p, t in zip(predicted, truth, strict=True)]
    return {"mean": float(np.mean(found)), "dice": found}
