"""A folder that is still growing, such as a training's resumable state, and snapshots of it.

On this machine the folder itself is worked in. Under s3:// objects are named by their SHA-256 and
the sums go up last, in one object: at every moment the sums list a whole snapshot, the one before
or the new one, and what did not change is not sent again.
"""

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.storage import (
    local_lock,
    raw,
    remote,
    s3,
    s3_listing,
    s3_lock,
    s3_transfer,
    s3_uploads,
    sums,
)
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_LOCK = ".lock"
_OBJECT = re.compile(r"[0-9a-f]{64}")
# Names of folders that only handseg makes: states of a training, and what a killed writer left.
_OURS = re.compile(r".+\.(partial|resume)|\..+\.partial-\d+(\.old)?")


def exists(location: Location) -> bool:
    """Whether anything lies there to go on from: a local folder, or a whole snapshot.

    Raises:
        MissingInput: there is no such bucket.
    """
    if location.is_remote:
        return s3.has(location.child(sums.FOLDER_SUMS))
    return location.path.is_dir()


@contextmanager
def working(location: Location, *, pushes: bool) -> Iterator[tuple[Path, Callable[[Path], None]]]:
    """Give a folder to work in, filled with the snapshot at a location, and what pushes it there.

    A local location is the folder itself, and a push nothing. While the store cannot be reached a
    push warns and leaves the snapshot before in place, as the work should go on without it.

    Args:
        location: where the snapshot lies, or will.
        pushes: whether this process pushes; of several that do the same work one does, and others
            are kept out as long as it does.

    Raises:
        BadInput: another process is at work on it, and the message says which; or it cannot be
            written.
        MissingInput: there is no such bucket.
    """
    if location.is_remote:
        with _working_afar(location, pushes) as work:
            yield work
        return
    with _working_here(location.path, pushes) as folder:
        yield folder, _stay


@contextmanager
def _working_here(folder: Path, pushes: bool) -> Iterator[Path]:
    is_new = not folder.exists()
    # The lock is hidden inside, as what lies beside a folder that its user named may be read-only.
    lock = local_lock.holding(folder / _LOCK, folder) if pushes else nullcontext()
    try:
        with lock:
            folder.mkdir(parents=True, exist_ok=True)
            yield folder
    finally:
        if is_new:
            # Only an empty folder can be: nothing was begun in it.
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _working_afar(
    location: Location, pushes: bool
) -> Iterator[tuple[Path, Callable[[Path], None]]]:
    with ExitStack() as stack:
        lock = stack.enter_context(s3_lock.holding(location)) if pushes else None
        work = stack.enter_context(tempfile.TemporaryDirectory(prefix=remote.WORK_PREFIX))
        folder = Path(work) / location.name
        if pull(location, folder):
            logger.info("%s: going on from the state found there", location)
        folder.mkdir(exist_ok=True)
        try:
            yield folder, partial(_push_or_warn, location, lock) if lock else _stay
        except BadInput as error:
            # What the user can remove is not the work folder.
            raise BadInput(str(error).replace(str(folder), str(location))) from error


def _stay(folder: Path) -> None:
    """Leave a state where it was written."""


def _push_or_warn(location: Location, lock: s3_lock.Lock, folder: Path) -> None:
    try:
        push(folder, location, before_it_counts=lock.check)
    except (BadInput, MissingInput):
        raise
    except HandsegError as error:
        logger.warning("%s: not pushed, the state before stays there (%s)", location, error)


def push(
    folder: Path, location: Location, *, before_it_counts: Callable[[], None] | None = None
) -> None:
    """Make a folder's files the snapshot at a location; hidden files are left out.

    Args:
        folder: what to push.
        location: where the snapshot lies.
        before_it_counts: called when all files are up and the snapshot is still the one before.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied, or the folder is empty.
    """
    names = [name for name in sums.files_in(folder) if not _is_hidden(name)]
    if not names:
        raise BadInput(f"{folder}: no file to push to {location}")
    wanted = sums.hash_files(folder, names)
    there = s3_listing.sizes(location)
    missing = {value: name for name, value in wanted.items() if value not in there}
    s3_transfer.upload(
        location, [remote.transfer(folder, name, key) for key, name in missing.items()]
    )
    if before_it_counts:
        before_it_counts()
    s3_uploads.abort_left(location)
    s3.put_text(location.child(sums.FOLDER_SUMS), sums.to_text(wanted))
    old = [name for name in there if _OBJECT.fullmatch(name) and name not in wanted.values()]
    s3.delete(location, old)


def pull(location: Location, into: Path | None = None) -> Path | None:
    """Fetch the snapshot at a location.

    Args:
        location: where `push` put it.
        into: the folder to fill; by default a work folder that lasts as long as the process.

    Returns:
        The folder, or None where there is no snapshot.

    Raises:
        BadInput: an object differs from its SHA-256 after a second download.
    """
    sums_object = location.child(sums.FOLDER_SUMS)
    if not s3.has(sums_object):
        return None
    _, wanted = remote.read_sums(sums_object)
    folder = into or raw.kept_folder() / location.name
    with tempfile.TemporaryDirectory(prefix=remote.WORK_PREFIX) as work:
        objects = {value: value for value in wanted.values()}
        remote.fetch_verified(location, objects, s3_listing.sizes(location), into=Path(work))
        for name, value in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(work) / value, path)
    return folder


def remove_tree(location: Location) -> None:
    """Remove a working folder, local or remote; none there is no error.

    Raises:
        BadInput: its name is not one that only handseg makes (`NAME.partial`, `NAME.resume`).
    """
    if not _OURS.fullmatch(location.name):
        raise BadInput(f"{location}: not removed, as handseg makes no working folder of this name")
    if location.is_remote:
        s3.delete(location, sorted(s3_listing.sizes(location)))
    elif location.path.is_dir() and not location.path.is_symlink():
        shutil.rmtree(location.path)


def tidy(location: Location, *, keeps: bool) -> None:
    """Remove what a worker left that was killed when its work was complete.

    That is its lock and, unless it `keeps`, the folder itself. What another process holds, or this
    one may not remove, stays as it is.
    """
    with suppress(BadInput):
        if location.is_remote:
            s3_lock.remove_dead(location)
            if not keeps:
                remove_tree(location)
        elif (location.path / _LOCK if keeps else location.path).exists():
            with local_lock.holding(location.path / _LOCK, location.path):
                if not keeps:
                    remove_tree(location)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
