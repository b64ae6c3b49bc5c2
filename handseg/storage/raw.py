"""Folders that users brought themselves, which have no sums of ours: downloaded once a process."""

import atexit
import functools
import logging
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from handseg.errors import BadInput, MissingInput
from handseg.storage import remote, s3, s3_transfer, sums
from handseg.storage.location import Location

logger = logging.getLogger(__name__)


def reading_raw(location: Location) -> Path:
    """Give a local path to a folder of raw data, or to a single file.

    A remote folder is downloaded whole, its structure kept, and stays until the process ends.
    Where it holds a SHA256SUMS of the user's, the files that it lists are verified.

    Raises:
        MissingInput: there is nothing, or nothing under the prefix.
        BadInput: an object's name leads out of the folder, or its content differs from its sum.
    """
    if location.is_remote:
        return _downloaded(location)
    if not location.path.exists():
        raise MissingInput(f"{location}: not found; give an existing folder")
    return location.path


def kept_folder() -> Path:
    """A new work folder that is removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix=remote.WORK_PREFIX))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    # A forked worker inherits the list of what to do at exit.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _downloaded(location: Location) -> Path:
    found = s3.sizes(location)
    if not found:
        size = s3.size(location)
        if size is not None:
            return _single(location, size)
        raise MissingInput(
            f"{location}: nothing lies under this prefix; check the bucket and the prefix"
        )
    _check_tree(location, found)
    root = kept_folder() / location.name
    total = sum(found.values()) / 1e6
    logger.info("%s: downloading %d files, %.0f MB", location, len(found), total)
    s3_transfer.download(
        location, [s3_transfer.Transfer(name, root / name, found[name]) for name in sorted(found)]
    )
    if sums.FOLDER_SUMS in found:
        _verify(location, root)
    return root


def _single(location: Location, size: int) -> Path:
    parent = Location(location.uri.rsplit("/", 1)[0])
    path = kept_folder() / location.name
    s3_transfer.download(parent, [s3_transfer.Transfer(location.name, path, size)])
    return path


def _verify(location: Location, root: Path) -> None:
    wanted = sums.read_sums(root)
    wrong = sums.differing(root, wanted)
    if wrong:
        logger.warning("%s: %d files differ from their SHA-256; once more", location, len(wrong))
        files = {name: wanted[name] for name in wrong}
        remote.fetch_verified(location, files, s3.sizes(location), into=root)


def _check_tree(location: Location, names: dict[str, int]) -> None:
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for name in names:
        if name in folders:
            raise BadInput(f"{location.child(name)}: both an object and a folder; rename one")
