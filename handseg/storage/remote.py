"""Artifacts under s3://: verified when fetched, and complete once their sums are there.

An object appears whole, a set of objects does not: the sums go up last, and what has none does not
exist. Only objects that the sums list are read, so that the rest of a failed upload does no harm.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from handseg.errors import BadInput, MissingInput
from handseg.storage import partial, s3, s3_listing, s3_lock, s3_transfer, s3_uploads, sums
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
WORK_PREFIX = "handseg-"
"""Start of the names of work folders in the system's temporary folder (TMPDIR)."""


def exists(location: Location) -> bool:
    """Whether an artifact's sums are there.

    Raises:
        MissingInput: there is no such bucket.
    """
    return _has_folder(location) or _has_file(location)


@contextmanager
def reading(location: Location) -> Iterator[Path]:
    """Download an artifact to a work folder that lasts as long as the block.

    Raises:
        MissingInput: nothing complete is there.
        BadInput: an object differs from its SHA-256 after a second download.
    """
    with tempfile.TemporaryDirectory(prefix=WORK_PREFIX) as work:
        yield fetch(location, Path(work))


def fetch(location: Location, into: Path) -> Path:
    """Download an artifact into a folder, under its own name; see `reading`."""
    if _has_folder(location):
        return _fetch_folder(location, into / location.name)
    if _has_file(location):
        return _fetch_file(location, into / location.name)
    raise MissingInput(f"{location}: {absence(location)}")


def fetch_verified(
    location: Location, files: Mapping[str, str], sizes: Mapping[str, int], *, into: Path
) -> None:
    """Download objects and verify them, each a second time where it differs.

    Args:
        location: the folder they lie in.
        files: name -> SHA-256.
        sizes: name -> size in bytes, of what is there.
        into: the folder to fill.

    Raises:
        MissingInput: an object is not there.
        BadInput: one differs still.
    """
    for name in files:
        if name not in sizes:
            raise MissingInput(f"{location.child(name)}: not found, but its sum is; make it again")
    wrong = sorted(files)
    for attempt in range(2):
        if attempt:
            logger.warning(
                "%s: %s differ from their SHA-256; once more", location, ", ".join(wrong)
            )
        s3_transfer.download(
            location, [s3_transfer.Transfer(name, into / name, sizes[name]) for name in wrong]
        )
        wrong = sums.differing(into, {name: files[name] for name in wrong})
        if not wrong:
            return
    raise BadInput(
        f"{location.child(wrong[0])}: does not match its SHA-256, downloaded twice; make it again"
    )


@contextmanager
def filling(location: Location, *, folder: bool, replace: bool) -> Iterator[Path]:
    """Give a path to fill in a work folder, and upload what it holds when the block ends cleanly.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: a complete artifact is there and may not be replaced, access is denied, or
            nothing was written; or another process is writing it.
    """
    _check_free(location, replace)
    s3_uploads.check_writable(location)
    with s3_lock.holding(location) as lock, tempfile.TemporaryDirectory(prefix=WORK_PREFIX) as work:
        # The writer before may have ended between the look and the lock.
        _check_free(location, replace)
        target = Path(work) / location.name
        with partial.filling(target, folder=folder, replace=False) as path:
            yield path
        (_upload_folder if folder else _upload_file)(target, location, lock)


def _check_free(location: Location, replace: bool) -> None:
    if exists(location) and not replace:
        raise BadInput(f"{location}: is there already; give another --out, or remove it")


def read_record(location: Location) -> str | None:
    """Read the text of an artifact's run.json, or None where it has none."""
    inside = location.child(sums.RUN_RECORD)
    for record in (inside, location.sibling(f"{location.name}.{sums.RUN_RECORD}")):
        if s3.has(record):
            return s3.read_text(record)
    return None


def _fetch_folder(location: Location, path: Path) -> Path:
    text, wanted = read_sums(location.child(sums.FOLDER_SUMS))
    fetch_verified(location, wanted, s3_listing.sizes(location), into=path)
    (path / sums.FOLDER_SUMS).write_text(text, encoding="utf-8")
    return path


def _fetch_file(location: Location, path: Path) -> Path:
    beside = location.sibling(location.name + sums.FILE_SUFFIX)
    text, wanted = _read_file_sums(location, beside)
    found = {name: s3.size(location.sibling(name)) for name in wanted}
    sizes = {name: size for name, size in found.items() if size is not None}
    fetch_verified(_parent(location), wanted, sizes, into=path.parent)
    (path.parent / beside.name).write_text(text, encoding="utf-8")
    return path


def _read_file_sums(location: Location, beside: Location) -> tuple[str, dict[str, str]]:
    text, found = read_sums(beside)
    own, record = location.name, f"{location.name}.{sums.RUN_RECORD}"
    if set(found) not in ({own}, {own, record}):
        raise BadInput(f"{beside}: sums of {sorted(found)}, not of {own}; make it again")
    return text, found


def fingerprint(location: Location) -> sums.Fingerprint:
    """What the sums of an artifact say that it is; nothing but these is downloaded.

    Raises:
        MissingInput: nothing complete is there.
        BadInput: they are damaged.
    """
    if _has_folder(location):
        return sums.fingerprint(read_sums(location.child(sums.FOLDER_SUMS))[1])
    if not _has_file(location):
        raise MissingInput(f"{location}: {absence(location)}")
    beside = location.sibling(location.name + sums.FILE_SUFFIX)
    return sums.fingerprint(_read_file_sums(location, beside)[1], location.name)


def read_sums(location: Location) -> tuple[str, dict[str, str]]:
    """Read an object of sums, as text and by name.

    Raises:
        MissingInput: it is not there.
        BadInput: it holds no sums.
    """
    text = s3.read_text(location)
    return text, sums.parse(text, str(location))


def _upload_folder(folder: Path, location: Location, lock: s3_lock.Lock) -> None:
    lock.check()
    sums_object = location.child(sums.FOLDER_SUMS)
    old = read_sums(sums_object)[1] if s3.has(sums_object) else {}
    s3.delete(location, [sums.FOLDER_SUMS])
    new = sums.read_sums(folder)
    s3_transfer.upload(location, [transfer(folder, name) for name in sorted(new)])
    s3.delete(location, sorted(set(old) - set(new)))
    _complete(folder / sums.FOLDER_SUMS, sums_object, lock)


def _upload_file(path: Path, location: Location, lock: s3_lock.Lock) -> None:
    lock.check()
    parent = _parent(location)
    beside, record = f"{path.name}{sums.FILE_SUFFIX}", f"{path.name}.{sums.RUN_RECORD}"
    s3.delete(parent, [beside, record])
    names = [name for name in (path.name, record) if (path.parent / name).is_file()]
    s3_transfer.upload(parent, [transfer(path.parent, name) for name in names])
    _complete(path.parent / beside, parent.child(beside), lock)


def _complete(path: Path, sums_object: Location, lock: s3_lock.Lock) -> None:
    """Put the sums up last; a second line of defence where a lock was lost unnoticed."""
    lock.check()
    s3_uploads.abort_left(lock.target)
    if not s3.put_new(sums_object, path.read_text(encoding="utf-8")):
        raise BadInput(
            f"{sums_object}: another process completed this artifact meanwhile; "
            "remove it, and make it again"
        )


def transfer(folder: Path, name: str, key: str | None = None) -> s3_transfer.Transfer:
    """The upload of a folder's file under its own name or another."""
    path = folder / name
    return s3_transfer.Transfer(key or name, path, path.stat().st_size)


def _parent(location: Location) -> Location:
    return Location(location.uri.rsplit("/", 1)[0])


def _has_folder(location: Location) -> bool:
    return s3.has(location.child(sums.FOLDER_SUMS))


def _has_file(location: Location) -> bool:
    return s3.has(location.sibling(location.name + sums.FILE_SUFFIX))


def absence(location: Location) -> str:
    """Say of what is no complete artifact what it is, and what to do."""
    if s3_listing.sizes(location):
        return f"incomplete, it has no {sums.FOLDER_SUMS}; run the stage that writes it again"
    return "not found; give the URI of an artifact that a stage wrote"
