"""The competition's CSV: `image_name,class,rle`, one row for every image and class.

Plain fields, never quoted: names are held to a whitelist, RLE is digits and blanks. Images stand
in sorted path order (by person, then name), classes in official order; an empty mask has an empty
rle.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg import bone_list, bones
from handseg.dataset.fault import Fault
from handseg.dataset.layout import is_safe
from handseg.errors import BadInput, MissingInput
from handseg.masks import rle

HEADER = "image_name,class,rle"
RENAME = "rename the image; letters, digits, '.', '_' and '-' are allowed, '.' and '-' not in front"
_SHOWN = 80


@dataclass(frozen=True)
class Row:
    """One line of the file, as it stands there."""

    line: int
    """Counted from 1; the header is line 1."""
    image_name: str
    class_name: str
    rle: str


def write(path: Path, predictions: Iterable[tuple[str, Sequence[rle.Runs]]]) -> None:
    """Write the file image by image.

    Args:
        path: the file.
        predictions: image name and 29 runs in official order, image after image.

    Raises:
        BadInput: an image's name is not safe in a CSV.
    """
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"{HEADER}\n")
        for image_name, runs in predictions:
            if not is_safe(image_name):
                raise BadInput(f"image {image_name!r}: refused as a name in a CSV; {RENAME}")
            for class_name, found in zip(bones.NAMES, runs, strict=True):
                file.write(f"{image_name},{class_name},{rle.to_text(found)}\n")


def scan(path: Path) -> Iterator[Row | Fault]:
    """Read the file line by line: rows, and faults of its form.

    Raises:
        MissingInput: it is not there.
    """
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give a CSV that `handseg ensemble` wrote")
    with path.open("rb") as file:
        header = _text(file.readline())
        if header != HEADER:
            yield Fault(f"{path}:1", "wrong header", shown(header), f"write {HEADER}")
        for line, content in enumerate(file, start=2):
            text = _text(content)
            fields = [] if text is None else text.split(",")
            if len(fields) == 3:
                yield Row(line, *fields)
            else:
                remedy = "write three plain ASCII fields parted by commas, without quotes"
                yield Fault(f"{path}:{line}", "not a row", shown(text), remedy)


def _text(line: bytes) -> str | None:
    """A line without its end, or None where it is not ASCII, or has control characters."""
    text = line.decode("ascii", "replace").rstrip("\r\n")
    return text if line.isascii() and text.isprintable() else None


def shown(text: str | None) -> str:
    """A field or line at a length that fits a message."""
    if text is None:
        return "not plain ASCII"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def read(path: Path) -> dict[str, list[str]]:
    """Read a whole file: 29 RLE texts in official order for every image, in the file's order.

    The texts are not parsed; see `rle.parse`.

    Raises:
        MissingInput: it is not there.
        BadInput: names the first line with a fault of form, an unknown class, a row given twice or
            left out.
    """
    found: dict[str, dict[str, str]] = {}
    for item in scan(path):
        if isinstance(item, Fault):
            raise BadInput(f"{item.path}: {item.fault} ({item.value}); {item.remedy}")
        texts = found.setdefault(item.image_name, {})
        if item.class_name not in bones.CLASS_ID:
            raise BadInput(
                f"{path}:{item.line}: unknown class {shown(item.class_name)!r}; "
                f"the classes are {', '.join(bones.NAMES)}; {bone_list.REMEDY}"
            )
        if item.class_name in texts:
            raise BadInput(
                f"{path}:{item.line}: {item.class_name} of {shown(item.image_name)} twice; "
                "leave one row"
            )
        texts[item.class_name] = item.rle
    for image_name, texts in found.items():
        missing = [name for name in bones.NAMES if name not in texts]
        if missing:
            raise BadInput(
                f"{path}: {shown(image_name)} has no row for {', '.join(missing)}; "
                "an empty mask is a row with an empty rle"
            )
    return {image: [texts[name] for name in bones.NAMES] for image, texts in found.items()}
