"""SHA-256 sums of files and folders, in the form that `sha256sum -c` reads."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from handseg import plain_text
from handseg.errors import BadInput, MissingInput, shown
from handseg.storage.location import check_relative

FOLDER_SUMS = "SHA256SUMS"
FILE_SUFFIX = ".sha256"
RUN_RECORD = "run.json"
# Two blanks: text mode, which `sha256sum` takes for binary mode as well.
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True)
class Fingerprint:
    """What an artifact is known by."""

    content: str
    """Its content hash; see `content_hash`."""
    record: str | None
    """SHA-256 of its run.json; None where it has none."""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_text(path: Path) -> str:
    """Read a small file of an artifact.

    Raises:
        BadInput: it is not text.
    """
    return plain_text.read(path, remedy="make the artifact again")


def text_sha256(text: str) -> str:
    """SHA-256 of a text's bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def files_in(folder: Path) -> list[str]:
    """Every file's name relative to a folder, sorted, without the sums themselves.

    Raises:
        BadInput: there is a link, or a name that sums cannot hold.
    """
    names = []
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise BadInput(f"{path}: a link; an artifact holds plain files only")
        if path.is_file():
            names.append(check_relative(path.relative_to(folder).as_posix()))
    return sorted(name for name in names if name != FOLDER_SUMS)


def hash_files(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of files of a folder by name; hashed in parallel, as hashing gives up the GIL."""
    ordered = list(names)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        hashes = pool.map(lambda name: file_sha256(folder / name), ordered)
        return dict(zip(ordered, hashes, strict=True))


def to_text(sums: Mapping[str, str]) -> str:
    """Write sums by name as lines `SHA256  NAME`, sorted by name."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def parse(text: str, source: str) -> dict[str, str]:
    """Read what `to_text` wrote.

    Args:
        text: the lines.
        source: names them in an error.

    Raises:
        BadInput: a line is no sum, a name leads out of the folder or stands twice, or there is
            none at all.
    """
    sums: dict[str, str] = {}
    # Not splitlines, which parts names at characters that only Unicode ends a line with.
    lines = text.removesuffix("\n").split("\n") if text else []
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line.removesuffix("\r"))
        if match is None:
            raise BadInput(
                f"{source}: line {number} is no SHA-256 and name; make the artifact again"
            )
        try:
            name = check_relative(match[2])
        except BadInput as error:
            raise BadInput(f"{source}: line {number}: {error}") from error
        if name in sums:
            raise BadInput(f"{source}: {shown(name)} stands twice; make the artifact again")
        sums[name] = match[1]
    if not sums:
        raise BadInput(f"{source}: holds no sums; make the artifact again")
    return sums


def write_sums(folder: Path) -> dict[str, str]:
    """Write SHA256SUMS into a folder over every file in it.

    Raises:
        BadInput: the folder holds no file, or a link.
    """
    sums = hash_files(folder, files_in(folder))
    if not sums:
        raise BadInput(f"{folder}: nothing was written; an artifact holds at least one file")
    (folder / FOLDER_SUMS).write_text(to_text(sums), encoding="utf-8")
    return sums


def sums_path(path: Path) -> Path:
    """Where the sums of an artifact lie: in a folder, beside a file."""
    return path / FOLDER_SUMS if path.is_dir() else path.with_name(path.name + FILE_SUFFIX)


def read_sums(path: Path) -> dict[str, str]:
    """Read the sums of an artifact, by name; a file's are its own and its run.json's.

    Raises:
        MissingInput: there are none.
        BadInput: see `parse`.
    """
    source = sums_path(path)
    if not source.is_file():
        raise MissingInput(f"{source}: not found, so {path} is incomplete; make it again")
    return parse(read_text(source), str(source))


def differing(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """Names whose file is missing or has another SHA-256 than the sums say, sorted."""
    found = hash_files(folder, [name for name in sums if (folder / name).is_file()])
    return sorted(name for name in sums if found.get(name) != sums[name])


def content_hash(path: Path) -> str:
    """What an artifact holds, as one SHA-256.

    A file's is that of its bytes. A folder's is taken over its sums without run.json, which holds
    times and hosts: two runs that made the same content have the same hash.

    Raises:
        MissingInput: nothing is there, or a folder has no sums.
    """
    if path.is_dir():
        return folder_hash(read_sums(path))
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give a file or folder that a stage wrote")
    return file_sha256(path)


def folder_hash(sums: Mapping[str, str]) -> str:
    """A folder's content hash, from its sums by name; see `content_hash`."""
    content = {name: value for name, value in sums.items() if name != RUN_RECORD}
    return text_sha256(to_text(content))


def fingerprint(sums: Mapping[str, str], file: str | None = None) -> Fingerprint:
    """What the sums of an artifact say that it is.

    Args:
        sums: by name.
        file: the artifact's name where it is a file; None for a folder.

    Raises:
        BadInput: they are of other files.
    """
    if file is None:
        return Fingerprint(folder_hash(sums), sums.get(RUN_RECORD))
    if file not in sums:
        raise BadInput(f"{file}: its sums are of {sorted(sums)}; make it again")
    return Fingerprint(sums[file], sums.get(f"{file}.{RUN_RECORD}"))


def verify(path: Path) -> None:
    """Compute an artifact's sums again.

    Raises:
        MissingInput: it has none.
        BadInput: names the first file that is missing or differs.
    """
    folder = path if path.is_dir() else path.parent
    wrong = differing(folder, read_sums(path))
    if wrong:
        fault = "does not match its SHA-256" if (folder / wrong[0]).is_file() else "is missing"
        raise BadInput(f"{folder / wrong[0]}: {fault}; copy it again, or make {path} again")
