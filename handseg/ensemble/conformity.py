"""Whether a submission is complete and well formed for its data: every fault, not the first one."""

from array import array
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from handseg import bones
from handseg.dataset.fault import Fault
from handseg.dataset.layout import ImageRecord, is_safe
from handseg.ensemble import submission
from handseg.ensemble.submission import Row
from handseg.errors import HandsegError
from handseg.images.reading import png_size
from handseg.masks import rle

_Key = tuple[str, str]


def covered(records: Sequence[ImageRecord]) -> list[ImageRecord]:
    """The images a submission is about: the test part where there is one, else the train part."""
    test = [record for record in records if record.part == "test"]
    return test or list(records)


def check(path: Path, records: Sequence[ImageRecord]) -> list[Fault]:
    """Compare a submission with the images it should cover.

    Args:
        path: the CSV.
        records: every image of the data, as `layout.scan` lists them.

    Returns:
        Faults in the order of the file's lines, then what is left out; none if all is well.

    Raises:
        MissingInput: the CSV is not there.
    """
    return list(_Check(path, records).faults())


class _Check:
    """One pass over the file, and what has been seen so far."""

    def __init__(self, path: Path, records: Sequence[ImageRecord]) -> None:
        self._path = path
        self._images = {record.name: record for record in covered(records)}
        self._others = {r.name: r.part for r in records if r.name not in self._images}
        self._order = {image: number for number, image in enumerate(self._images)}
        self._lines: dict[str, array[int]] = {}
        self._strangers: set[str] = set()
        self._pixels: dict[str, int | None] = {}

    def faults(self) -> Iterator[Fault]:
        furthest, early = -1, list[Row]()
        for item in submission.scan(self._path):
            if isinstance(item, Fault):
                yield item
                continue
            key = (item.image_name, item.class_name)
            yield from self._of_row(item, key)
            position = self._position(key)
            if position is not None and not self._line_of(key):
                self._remember(item)
                if position < furthest:
                    early.append(item)
                furthest = max(furthest, position)
        if early:
            yield self._fault(
                early[0].line,
                "out of order",
                f"{early[0].image_name} {early[0].class_name}, {len(early)} rows in all",
                "sort by the image's path in the data, then classes in official order",
            )
        yield from self._left_out()

    def _position(self, key: _Key) -> int | None:
        """Where a row should stand among all; None where none should."""
        image, bone = key
        if image not in self._order or bone not in bones.CLASS_ID:
            return None
        return self._order[image] * bones.COUNT + bones.CLASS_ID[bone]

    def _line_of(self, key: _Key) -> int:
        """The first line with this row; 0 where none was seen, or none should be."""
        image, bone = key
        if image not in self._lines or bone not in bones.CLASS_ID:
            return 0
        return self._lines[image][bones.CLASS_ID[bone]]

    def _remember(self, row: Row) -> None:
        # An array for an image: a dictionary's entry for each of its rows takes thirty times it.
        unseen = array("q", [0] * bones.COUNT)
        self._lines.setdefault(row.image_name, unseen)[bones.CLASS_ID[row.class_name]] = row.line

    def _of_row(self, row: Row, key: _Key) -> Iterator[Fault]:
        if row.image_name not in self._images:
            yield from self._of_stranger(row)
        if row.class_name not in bones.CLASS_ID:
            near = get_close_matches(row.class_name, bones.NAMES, n=1)
            hint = f"write {near[0]}" if near else f"write one of {', '.join(bones.NAMES)}"
            yield self._fault(row.line, "unknown class", submission.shown(row.class_name), hint)
        if self._line_of(key):
            remedy = f"keep one of this and line {self._line_of(key)}"
            yield self._fault(row.line, "row twice", submission.shown(" ".join(key)), remedy)
        if row.image_name in self._images:
            yield from self._of_rle(row)

    def _of_stranger(self, row: Row) -> Iterator[Fault]:
        """An image the submission should not hold; told once, whatever the number of its rows."""
        if row.image_name in self._strangers:
            return
        self._strangers.add(row.image_name)
        name = submission.shown(row.image_name)
        if not is_safe(row.image_name):
            yield self._fault(row.line, "refused name", name, submission.RENAME)
        elif row.image_name in self._others:
            part = self._others[row.image_name]
            yield self._fault(
                row.line,
                f"an image of the {part} part",
                name,
                "leave it out: the data has a test part, and a submission covers that alone",
            )
        else:
            near = get_close_matches(row.image_name, self._images, n=1)
            hint = f"write {near[0]}" if near else "leave it out"
            yield self._fault(row.line, "unknown image", name, hint)

    def _of_rle(self, row: Row) -> Iterator[Fault]:
        image = self._images[row.image_name].image_path
        if row.image_name not in self._pixels:
            try:
                height, width = png_size(image)
                self._pixels[row.image_name] = height * width
            except HandsegError as error:
                self._pixels[row.image_name] = None
                yield _fault_of(error, str(image), row.image_name)
        pixels = self._pixels[row.image_name]
        if pixels is not None:
            try:
                rle.parse(row.rle, pixels)
            except HandsegError as error:
                where = f"{self._path}:{row.line}"
                named = f"{row.image_name} {submission.shown(row.class_name)}"
                yield _fault_of(error, where, named)

    def _left_out(self) -> Iterator[Fault]:
        for image in self._images:
            missing = [bone for bone in bones.NAMES if not self._line_of((image, bone))]
            if len(missing) == bones.COUNT:
                yield Fault(str(self._path), "image left out", image, "add a row for every bone")
            else:
                for bone in missing:
                    remedy = "add its row; an empty mask has an empty rle"
                    yield Fault(str(self._path), "row left out", f"{image} {bone}", remedy)

    def _fault(self, line: int, fault: str, value: str, remedy: str) -> Fault:
        return Fault(f"{self._path}:{line}", fault, value, remedy)


def _fault_of(error: HandsegError, path: str, value: str) -> Fault:
    """Turn the message of an error, which ends in its remedy, into a fault."""
    fault, _, remedy = str(error).removeprefix(f"{path}: ").partition("; ")
    return Fault(path, fault, value, remedy)
