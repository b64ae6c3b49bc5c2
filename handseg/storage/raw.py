"""Folders that users brought themselves, which have no sums of ours: downloaded once a process."""

import atexit
import functools
import logging
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from handseg.errors import BadInput, MissingInput
from handseg.storage import etags, remote, s3, s3_listing, s3_transfer, sums
from handseg.storage.location import Location
from handseg.storage.s3_listing import Listed

logger = logging.getLogger(__name__)


def reading_raw(location: Location) -> Path:
    """Give a local path to a folder of raw data, or to a single file.

    A remote folder is downloaded whole, its structure kept, and stays until the process ends.
    Where it holds a SHA256SUMS of the user's, the files that it lists are verified by that, and
    all others by the MD5 that the store keeps of them.

    Raises:
        MissingInput: there is nothing, or nothing under the prefix.
        BadInput: an object's name leads out of the folder, or its content differs from its sum or
            MD5, downloaded twice.
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
    found = s3_listing.listing(location)
    if not found:
        single = s3.look(location)
        if single is not None:
            return _single(location, single)
        raise MissingInput(
            f"{location}: nothing lies under this prefix; check the bucket and the prefix"
        )
    _check_tree(location, found)
    root = kept_folder() / location.name
    total = sum(each.size for each in found.values()) / 1e6
    logger.info("%s: downloading %d files, %.0f MB", location, len(found), total)
    _download(location, root, found)
    by_etag = dict(found)
    if sums.FOLDER_SUMS in found:
        _verify_by_etag(location, root, {sums.FOLDER_SUMS: by_etag.pop(sums.FOLDER_SUMS)})
        for name in _verify_by_sums(location, root, found):
            by_etag.pop(name)
    _verify_by_etag(location, root, by_etag)
    return root


def _single(location: Location, found: Listed) -> Path:
    parent, folder = Location(location.uri.rsplit("/", 1)[0]), kept_folder()
    _download(parent, folder, {location.name: found})
    _verify_by_etag(parent, folder, {location.name: found})
    return folder / location.name


def _download(location: Location, root: Path, found: Mapping[str, Listed]) -> None:
    s3_transfer.download(
        location,
        [s3_transfer.Transfer(name, root / name, found[name].size) for name in sorted(found)],
    )


def _verify_by_sums(location: Location, root: Path, found: Mapping[str, Listed]) -> set[str]:
    """Verify what the user's own sums list; gives its names."""
    wanted = sums.read_sums(root)
    wrong = sums.differing(root, wanted)
    if wrong:
        logger.warning("%s: %d files differ from their SHA-256; once more", location, len(wrong))
        sizes = {name: each.size for name, each in found.items()}
        remote.fetch_verified(location, {name: wanted[name] for name in wrong}, sizes, into=root)
    return set(wanted)


def _verify_by_etag(location: Location, root: Path, found: Mapping[str, Listed]) -> None:
    """Verify what has no sums of ours by the MD5 that most stores keep of an object."""
    known = {name: each.md5 for name, each in found.items() if each.md5}
    wrong = etags.differing(root, known)
    # Of an encrypted object the listing does not tell that its ETag is no MD5.
    encrypted = {name for name in wrong if _is_encrypted(location.child(name))}
    wrong = [name for name in wrong if name not in encrypted]
    unknown = len(found) - len(known) + len(encrypted)
    if unknown:
        logger.warning(
            "%s: of %d files the store keeps no MD5 (sent in parts, or encrypted), so that a bit "
            "flipped on the way would not show; a SHA256SUMS in this folder verifies them",
            *(location, unknown),
        )
    if not wrong:
        return
    logger.warning("%s: %s differ from their ETag; once more", location, ", ".join(wrong))
    _download(location, root, {name: found[name] for name in wrong})
    wrong = etags.differing(root, {name: known[name] for name in wrong})
    if wrong:
        raise BadInput(
            f"{location.child(wrong[0])}: differs from the MD5 that the store keeps of it "
            f"({known[wrong[0]]}), downloaded twice; put it there again, or a {sums.FOLDER_SUMS} "
            "of all files beside them"
        )


def _is_encrypted(location: Location) -> bool:
    found = s3.look(location)
    return found is not None and found.encrypted


def _check_tree(location: Location, names: Collection[str]) -> None:
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for name in names:
        if name in folders:
            raise BadInput(f"{location.child(name)}: both an object and a folder; rename one")
