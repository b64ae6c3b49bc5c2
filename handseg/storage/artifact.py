"""Artifacts: files and folders passed between stages, whole or absent, local or remote."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from handseg.errors import BadInput, MissingInput
from handseg.storage import partial, remote, s3_listing, s3_lock, s3_uploads, sums
from handseg.storage.location import Location


def exists(location: Location) -> bool:
    """Whether a complete artifact lies there.

    A local one is complete when it is there at all (an empty folder is none), a remote one when
    its sums are.

    Raises:
        MissingInput: there is no such bucket.
    """
    if location.is_remote:
        return remote.exists(location)
    return partial.is_there(location.path)


def require_writable(location: Location) -> None:
    """Find out before the work whether a stage could leave its artifact; a complete one may stand.

    Raises:
        BadInput: nothing can be written there.
        MissingInput: there is no such bucket.
    """
    if exists(location):
        return
    if location.is_remote:
        s3_uploads.check_writable(location)
    else:
        partial.require_writable(location.path)


def tidy(location: Location) -> None:
    """Remove what a writer left beside a complete artifact when it was killed after all its work.

    What another holds, may be alive elsewhere, or may not be removed here stays as it is.
    """
    with suppress(BadInput):
        if location.is_remote:
            s3_lock.remove_dead(location)
        else:
            partial.tidy(location.path)


@contextmanager
def reading(location: Location, *, verify: bool = False) -> Iterator[Path]:
    """Give a local path to an artifact; a remote one is downloaded for as long as the block lasts.

    Args:
        location: a file or folder.
        verify: compute the sums of a local artifact again; those of a remote one always are.

    Raises:
        MissingInput: nothing is there.
        BadInput: its content does not match its sums.
    """
    if location.is_remote:
        with remote.reading(location) as downloaded:
            yield downloaded
        return
    path = location.path
    if not path.exists():
        raise MissingInput(f"{location}: not found; give the path of an existing file or folder")
    if verify:
        sums.verify(path)
    yield path


@contextmanager
def writing(location: Location, *, folder: bool, replace: bool = False) -> Iterator[Path]:
    """Give a path to fill; what it holds appears at the location whole, or not at all.

    Args:
        location: where the artifact goes.
        folder: whether the path given is an empty folder, or a file still to be written.
        replace: whether an artifact that is there may be replaced.

    Raises:
        BadInput: see `partial.filling` and `remote.filling`.
    """
    if location.is_remote:
        with remote.filling(location, folder=folder, replace=replace) as work:
            yield work
        return
    with partial.filling(location.path, folder=folder, replace=replace) as path:
        yield path


def content_hash(path: Path) -> str:
    """What a local artifact holds, as 64 hex digits; see `sums.content_hash`."""
    return sums.content_hash(path)


def verify(path: Path) -> None:
    """Compute a local artifact's sums again; see `sums.verify`."""
    sums.verify(path)


def fingerprint(location: Location) -> sums.Fingerprint:
    """What an artifact is, as its sums say; nothing but these is read.

    Raises:
        MissingInput: nothing complete is there.
        BadInput: the sums are damaged.
    """
    if location.is_remote:
        return remote.fingerprint(location)
    path = location.path
    return sums.fingerprint(sums.read_sums(path), None if path.is_dir() else path.name)


def read_record(location: Location) -> str | None:
    """Read the text of an artifact's run.json, or None where it has none."""
    if location.is_remote:
        return remote.read_record(location)
    path = record_path(location.path)
    return sums.read_text(path) if path.is_file() else None


def record_path(path: Path) -> Path:
    """Where an artifact's provenance lies: run.json in a folder, NAME.run.json beside a file."""
    if path.is_dir():
        return path / sums.RUN_RECORD
    return path.with_name(f"{path.name}.{sums.RUN_RECORD}")


def files(location: Location) -> list[str]:
    """Relative names of all files in a folder, sorted, whether or not they are complete artifacts.

    Returns:
        None of them where there is no such folder.

    Raises:
        MissingInput: there is no such bucket.
    """
    if location.is_remote:
        return sorted(s3_listing.sizes(location))
    path = location.path
    return sorted(f.relative_to(path).as_posix() for f in path.rglob("*") if f.is_file())
