"""The competition's folders: PART/DCM/PERSON/IMAGE.png, PART/outputs_json/PERSON/IMAGE.json.

Names hold letters, digits, `.`, `_` and `-` and begin with none of `.` and `-`: nothing that a
spreadsheet would run or a shell would read as a flag. Links may not lead out of the data folder.
Files beginning with `.` are the operating system's and are passed over. The names of images are
unique in the whole data set, since a submission names nothing else.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from handseg.dataset.fault import Fault
from handseg.dataset.refusal import line, refuse
from handseg.errors import MissingInput, shown

Part = Literal["train", "test"]
IMAGES, ANNOTATIONS = "DCM", "outputs_json"
IMAGE_SUFFIX, ANNOTATION_SUFFIX = ".png", ".json"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_FORM = "PART/DCM/PERSON/IMAGE.png"
_SYSTEM_FILES = {"Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class ImageRecord:
    """One image of the data set."""

    name: str
    """File name with .png."""
    person: str
    part: Part
    image_path: Path
    annotation_path: Path | None
    """None for test images, whose annotations are only ever read to score."""


@dataclass(frozen=True)
class Survey:
    """What the folders hold, and everything that is wrong with their names and pairs."""

    records: list[ImageRecord] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def is_safe(name: str) -> bool:
    """Whether a file, a folder or a person may have this name."""
    return _NAME.fullmatch(name) is not None


def scan(root: Path) -> list[ImageRecord]:
    """List the images, train before test, each part sorted by person and name.

    Raises:
        MissingInput: there is no train/DCM.
        BadInput: see `survey`; lists the faults.
    """
    found = survey(root)
    if not (root / "train" / IMAGES).is_dir():
        raise MissingInput(line(found.faults[0]))
    refuse(found.faults)
    return found.records


def survey(root: Path) -> Survey:
    """List the images and every fault of names and pairs; opens no file.

    Faults: no training images, a training image without annotation, an annotation without image,
    an image name twice, an image outside a person's folder, anything that is not a .png, a refused
    name, an empty folder, a link that leaves the data folder.
    """
    found = Survey()
    train = root / "train" / IMAGES
    if not train.is_dir():
        inside = (root / IMAGES).is_dir()
        remedy = f"give its parent {root.parent}" if inside else "give the folder that holds train/"
        found.faults.append(Fault(str(train), "no such folder", train.name, remedy))
        return found
    _survey_train(root, found)
    if not found.records and not found.faults:
        found.faults.append(Fault(str(train), "no images", "0 files", f"put them in {_FORM}"))
    _survey_test(root, found)
    _find_shared_names(found)
    return found


def _survey_train(root: Path, found: Survey) -> None:
    images = _files(root, root / "train" / IMAGES, IMAGE_SUFFIX, found)
    annotations = _files(root, root / "train" / ANNOTATIONS, ANNOTATION_SUFFIX, found)
    for (person, stem), path in images.items():
        annotation = annotations.get((person, stem))
        found.records.append(ImageRecord(path.name, person, "train", path, annotation))
        if annotation is None:
            wanted = f"train/{ANNOTATIONS}/{person}/{stem}{ANNOTATION_SUFFIX}"
            remedy = f"add {wanted}, or remove the image"
            found.faults.append(Fault(str(path), "image without annotation", path.name, remedy))
    for key in annotations.keys() - images.keys():
        path = annotations[key]
        remedy = f"add train/{IMAGES}/{key[0]}/{key[1]}{IMAGE_SUFFIX}, or remove the annotation"
        found.faults.append(Fault(str(path), "annotation without image", path.name, remedy))


def _survey_test(root: Path, found: Survey) -> None:
    if not (root / "test").exists():
        return
    if not (root / "test" / IMAGES).is_dir():
        remedy = f"put the images in test/{IMAGES}/PERSON, or remove test/"
        found.faults.append(Fault(str(root / "test"), "test part without DCM", "", remedy))
        return
    for (person, _), path in _files(root, root / "test" / IMAGES, IMAGE_SUFFIX, found).items():
        found.records.append(ImageRecord(path.name, person, "test", path, None))


def _files(root: Path, folder: Path, suffix: str, found: Survey) -> dict[tuple[str, str], Path]:
    """Files of people's folders by (person, name without suffix), sorted by that."""
    files = {}
    for person in _entries(root, folder, found):
        if not person.is_dir():
            remedy = "put it into a folder named after the person"
            found.faults.append(Fault(person.path, "not in a person's folder", person.name, remedy))
            continue
        names = 0
        for entry in _entries(root, Path(person.path), found):
            names += 1
            if not entry.name.endswith(suffix) or not entry.is_file():
                remedy = f"convert it to {suffix} (in lower case), or remove it"
                found.faults.append(Fault(entry.path, f"not a {suffix} file", entry.name, remedy))
                continue
            files[person.name, entry.name.removesuffix(suffix)] = Path(entry.path)
        if not names:
            remedy = "add the person's files, or remove the folder"
            found.faults.append(Fault(person.path, "empty folder", person.name, remedy))
    return {key: files[key] for key in sorted(files)}


def _entries(root: Path, folder: Path, found: Survey) -> Iterator["os.DirEntry[str]"]:
    """Entries of a folder with a name that is allowed, none of them leading out of the data."""
    if not folder.is_dir():
        return
    if _leaves(root, folder):
        found.faults.append(_link_fault(folder))
        return
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.name.startswith(".") or entry.name in _SYSTEM_FILES:
                continue
            if not is_safe(entry.name):
                remedy = "rename it; letters, digits, '.', '_' and '-' are allowed, not in front"
                fault = Fault(entry.path, "refused name", shown(entry.name), remedy)
                found.faults.append(fault)
            elif entry.is_symlink() and _leaves(root, Path(entry.path)):
                found.faults.append(_link_fault(Path(entry.path)))
            else:
                yield entry


def _leaves(root: Path, path: Path) -> bool:
    """Whether a path leads out of the data folder, or nowhere."""
    return not (path.exists() and path.resolve().is_relative_to(root.resolve()))


def _link_fault(path: Path) -> Fault:
    remedy = "copy what it points at to its place"
    return Fault(str(path), "link out of the data folder", shown(str(path.resolve())), remedy)


def _find_shared_names(found: Survey) -> None:
    first: dict[str, ImageRecord] = {}
    for record in found.records:
        other = first.setdefault(record.name, record)
        if other is not record:
            value = f"also {other.image_path}"
            remedy = "rename one of them; a submission names images by this alone"
            found.faults.append(Fault(str(record.image_path), "image name twice", value, remedy))


def renamed(records: Sequence[ImageRecord], name_of: Callable[[str], str]) -> list[ImageRecord]:
    """The records in their order, with people under other names."""
    return [replace(record, person=name_of(record.person)) for record in records]


def file_hashes(records: Sequence[ImageRecord]) -> list[tuple[str, str]]:
    """SHA-256 of each image's and its annotation's bytes, as hex digits; "" without annotation."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_hashes, records))


def _hashes(record: ImageRecord) -> tuple[str, str]:
    annotation = record.annotation_path
    return _sha256(record.image_path), _sha256(annotation) if annotation else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_hash(records: Sequence[ImageRecord]) -> str:
    """SHA-256 over part, person, name and content of every image and training annotation.

    Args:
        records: from `scan`; their order matters.

    Returns:
        64 hex digits.
    """
    return combine(records, file_hashes(records))


class Image(Protocol):
    """One image of a data set, as a record or as a cache knows it."""

    @property
    def part(self) -> str:
        """Train or test."""

    @property
    def person(self) -> str:
        """Whose it is."""

    @property
    def name(self) -> str:
        """File name."""


def combine(records: Sequence[Image], hashes: Sequence[tuple[str, str]]) -> str:
    """The data hash, where the `file_hashes` of the records are known already."""
    total = hashlib.sha256()
    for record, content in zip(records, hashes, strict=True):
        fields = (record.part, record.person, record.name, *content)
        total.update(("\t".join(fields) + "\n").encode())
    return total.hexdigest()
