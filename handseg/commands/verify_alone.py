"""One artifact held against its own sums and its own record."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handseg import provenance
from handseg.commands.verify_places import Found
from handseg.dataset import manifest
from handseg.dataset.manifest import DataSet
from handseg.errors import BadInput, MissingInput
from handseg.images import cache_index
from handseg.storage import artifact, sums
from handseg.storage.sums import Fingerprint

ABSENT = "absent"
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_DIGITS = 16
"""Of a hash that a person reads; the JSON has all."""
_ENTRIES = (
    "stage", "settings", "settings_hash", "parents", "data", "folds", "commit", "image",
    "versions", "command", "device", "started", "ended",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something that is not what it was when it was made."""

    file: str
    """Path or URI."""
    what: str
    """Of the file; a hash, an entry of a record, or whether it is there."""
    found: str
    expected: str
    """Empty where the value found is a whole message."""
    remedy: str

    def __str__(self) -> str:
        if not self.expected:
            return self.found
        text = f"{self.file}: {self.what} is {self.found}, expected {self.expected}; {self.remedy}"
        return _HASH.sub(lambda match: f"{match[0][:_DIGITS]}...", text)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """An artifact, and what is wrong with it by itself."""

    found: Found
    record: Mapping[str, Any] = field(default_factory=dict)
    """Empty where it has none."""
    stamp: Fingerprint | None = None
    """What its sums say that it is; None where they are missing or damaged."""
    kept: DataSet | None = None
    """Of an image cache that is whole: the raw data that it was made from."""
    differences: tuple[Difference, ...] = ()

    @property
    def name(self) -> str:
        """Relative to the folder that is verified."""
        return self.found.name

    @property
    def stage(self) -> str:
        """What made it; empty where it does not say."""
        return str(self.record.get("stage", ""))

    @property
    def content(self) -> str:
        """Its content hash; empty where that is unknown."""
        return self.stamp.content if self.stamp else ""

    @property
    def parents(self) -> Mapping[str, Any]:
        """Hashes of what it was made from, by name."""
        return self.mapping("parents")

    @property
    def settings(self) -> Mapping[str, Any]:
        """How it was made."""
        return self.mapping("settings")

    def mapping(self, key: str) -> Mapping[str, Any]:
        """An entry of the record; empty where it is none."""
        value = self.record.get(key)
        return value if isinstance(value, Mapping) else {}

    def texts(self, key: str) -> list[str]:
        """An entry of the record that is a list of texts; empty where it is none."""
        value = self.record.get(key)
        return [str(text) for text in value] if isinstance(value, list) else []


def check(found: Found) -> Checked:
    """Compute an artifact's sums and hashes again; one under s3:// is downloaded."""
    try:
        with artifact.reading(found.location) as path:
            return _checked(found, path)
    except (BadInput, MissingInput) as error:
        what = Difference(
            file=found.location.uri, what="artifact", found=str(error), expected="", remedy=""
        )
        return Checked(found=found, differences=(what,))


def _checked(found: Found, path: Path) -> Checked:
    listed = sums.read_sums(path)
    name = None if found.is_folder else found.location.name
    stamp = sums.fingerprint(listed, name)
    folder = path if found.is_folder else path.parent
    there = [file for file in listed if (folder / file).is_file()]
    hashes = sums.hash_files(folder, there)
    differences = [*_of_sums(found, listed, hashes), *_unlisted(found, listed)]
    is_record = found.record == found.location.uri
    record = _read(path if is_record else artifact.record_path(path))
    differences += _of_record(found, record) if record else []
    return Checked(
        found=found,
        record=record,
        stamp=stamp,
        kept=_kept(path) if record.get("stage") == "preprocess" and not differences else None,
        differences=tuple(differences),
    )


def _read(path: Path) -> Mapping[str, Any]:
    """A record; nothing where it is damaged, which its sum says."""
    try:
        return provenance.read(path) if path.is_file() else {}
    except BadInput:
        return {}


def _kept(cache: Path) -> DataSet:
    listed, index = (cache / name for name in (manifest.FILE_NAME, cache_index.FILE_NAME))
    entries = manifest.parse(listed.read_text(encoding="utf-8"), str(listed))
    images = cache_index.parse(index.read_text(encoding="utf-8"), str(index)).entries
    if [(image.part, image.name) for image in images] != [(e.part, e.name) for e in entries]:
        raise BadInput(f"{listed}: is of other images than {index}; make the image cache again")
    return DataSet(images, entries)


def _of_sums(
    found: Found, listed: Mapping[str, str], hashes: Mapping[str, str]
) -> Iterator[Difference]:
    for file in sorted(listed):
        if hashes.get(file) != listed[file]:
            yield Difference(
                file=found.path_of(file),
                what="SHA-256",
                found=hashes.get(file, ABSENT),
                expected=listed[file],
                remedy=f"copy it again, or make {found.location} again",
            )


def _unlisted(found: Found, listed: Mapping[str, str]) -> Iterator[Difference]:
    for file in sorted(found.files - set(listed) - {sums.FOLDER_SUMS}):
        yield Difference(
            file=found.path_of(file),
            what=f"its line in {sums.FOLDER_SUMS}",
            found=ABSENT,
            expected="one for each file",
            remedy="remove the file: the artifact was made without it",
        )


def _of_record(found: Found, record: Mapping[str, Any]) -> Iterator[Difference]:
    remedy = f"make {found.location} again"
    for entry in _ENTRIES:
        if entry not in record:
            yield Difference(
                file=found.record, what=entry, found=ABSENT, expected="an entry", remedy=remedy
            )
    settings = record.get("settings")
    computed = provenance.settings_hash(settings) if isinstance(settings, Mapping) else ABSENT
    if "settings_hash" in record and computed != record["settings_hash"]:
        yield Difference(
            file=found.record,
            what="SHA-256 of settings",
            found=computed,
            expected=str(record["settings_hash"]),
            remedy=remedy,
        )
