"""Files to and from an object store, many at once."""

import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s3transfer.futures import TransferFuture

from handseg.errors import HandsegError
from handseg.storage.location import Location
from handseg.storage.s3_client import bucket_and_key, transfer_manager
from handseg.storage.s3_errors import explained

logger = logging.getLogger(__name__)
_LOG_EVERY_S = 10.0


@dataclass(frozen=True)
class Transfer:
    """One object under a location and the local file it is, or will be."""

    name: str
    """Relative to the location."""
    path: Path
    size: int
    """In bytes."""


def download(location: Location, transfers: Sequence[Transfer]) -> None:
    """Download objects in parallel; each appears at its path when it is complete.

    Raises:
        MissingInput: an object is not there.
        BadInput: access is denied.
        HandsegError: the disk is too small, or the store keeps failing.
    """
    if not transfers:
        return
    _check_room(location, transfers)
    for folder in {transfer.path.parent for transfer in transfers}:
        folder.mkdir(parents=True, exist_ok=True)
    with explained(location.uri), transfer_manager(location.uri) as manager:
        futures = [manager.download(*_target(location, t), str(t.path)) for t in transfers]
        _wait(futures, transfers, location, "download of")


def upload(location: Location, transfers: Sequence[Transfer]) -> None:
    """Upload files in parallel; an object appears when it is complete.

    A large file goes up in parts; when one fails, the upload is aborted.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
        HandsegError: the store keeps failing.
    """
    with explained(location.uri), transfer_manager(location.uri) as manager:
        futures = [manager.upload(str(t.path), *_target(location, t)) for t in transfers]
        _wait(futures, transfers, location, "upload to")


def _wait(
    futures: Sequence[TransferFuture],
    transfers: Sequence[Transfer],
    location: Location,
    doing: str,
) -> None:
    total = sum(transfer.size for transfer in transfers)
    began = logged = time.monotonic()
    done = 0
    for count, (future, transfer) in enumerate(zip(futures, transfers, strict=True), start=1):
        with explained(location.child(transfer.name).uri):
            future.result()
        done += transfer.size
        now = time.monotonic()
        if now - logged >= _LOG_EVERY_S:
            logged = now
            left = (now - began) / max(done, 1) * (total - done)
            logger.info(
                "%s %s: %d of %d files, %.0f of %.0f MB, %.0f s left",
                *(doing, location, count, len(futures), done / 1e6, total / 1e6, left),
            )


def _check_room(location: Location, transfers: Sequence[Transfer]) -> None:
    folder = Path(os.path.commonpath([transfer.path.parent for transfer in transfers]))
    while not folder.exists():
        folder = folder.parent
    needed, free = sum(transfer.size for transfer in transfers), shutil.disk_usage(folder).free
    if needed > free:
        raise HandsegError(
            f"{location}: needs {needed:,} bytes, {folder} has {free:,} free; "
            "set TMPDIR to a larger disk"
        )


def _target(location: Location, transfer: Transfer) -> tuple[str, str]:
    bucket, key = bucket_and_key(location)
    return bucket, f"{key}/{transfer.name}" if key else transfer.name
