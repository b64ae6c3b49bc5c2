"""A folder of raw data as the viewer shows it: annotations, and nobody's prediction."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from handseg.dataset import annotations, layout
from handseg.errors import BadInput
from handseg.images import reading
from handseg.images.cache import CachedImage
from handseg.inference.store import ImageTiles
from handseg.masks.polygons import Polygons
from handseg.masks.rle import Runs
from handseg.viewer.source import Listed, Oddities


class DataSource:
    """Images and annotations of a data folder, read when they are asked for."""

    def __init__(self, root: Path, title: str, oddities: Oddities) -> None:
        """List the images.

        Raises:
            BadInput: the folder's names or pairs have faults.
            MissingInput: it holds no train/DCM.
        """
        self.title = title
        self._records = {record.name: record for record in layout.scan(root)}
        self.images: Mapping[str, Listed] = {
            record.name: Listed(
                name=record.name,
                person=record.person,
                part=record.part,
                warnings=oddities.reasons.get(record.name, ()),
                oddness=oddities.scores.get(record.name, 0.0),
                odd_bones=oddities.bones.get(record.name, ()),
            )
            for record in self._records.values()
        }

    def image(self, name: str) -> CachedImage:
        """See `Source`; an annotation that cannot be read is refused with its faults."""
        record = self._records[name]
        pixels = reading.read_grey(record.image_path)
        height, width = pixels.shape
        polygons: Polygons = {}
        if record.annotation_path is not None:
            polygons = annotations.load(record.annotation_path, height=height, width=width)
        return CachedImage(name, record.person, record.part, pixels, polygons)

    def predicted(self, name: str, by: str) -> Sequence[Runs]:
        """Nobody predicted anything here."""
        raise BadInput(f"{name}: not predicted by {by}; open a run to see predictions")

    def probabilities(self, name: str, by: str) -> list[tuple[ImageTiles, float]]:
        """Nobody predicted anything here."""
        raise BadInput(f"{name}: not predicted by {by}; open a run to see predictions")
