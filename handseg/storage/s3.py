"""Objects under s3://bucket/prefix: the only module that talks to an object store."""

import io
import logging
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.exceptions import ClientError
from s3transfer.futures import TransferFuture
from s3transfer.manager import TransferManager

from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.storage.location import S3, Location, check_relative
from handseg.storage.s3_client import connect
from handseg.storage.s3_errors import explained, status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)
BUCKETS_VARIABLE = "HANDSEG_BUCKETS"
"""Environment variable: the buckets that may be used, comma-separated; unset allows every one."""
_PARALLEL = 10
_PART_BYTES = 16 * 2**20
_LOG_EVERY_S = 10.0


@dataclass(frozen=True)
class Transfer:
    """One object under a location and the local file it is, or will be."""

    name: str
    """Relative to the location."""
    path: Path
    size: int
    """In bytes."""


def sizes(location: Location) -> dict[str, int]:
    """Sizes in bytes of all objects inside a folder, by name relative to it.

    Raises:
        BadInput: an object's name would lead out of the folder; access is denied.
        MissingInput: there is no such bucket.
    """
    bucket, key = _bucket_and_key(location)
    prefix = f"{key}/" if key else ""
    found = {}
    with explained(location.uri):
        pages = (
            connect(location.uri)
            .get_paginator("list_objects_v2")
            .paginate(Bucket=bucket, Prefix=prefix)
        )
        for page in pages:
            for item in page.get("Contents", []):
                name = item["Key"].removeprefix(prefix)
                # Names ending in a slash are the empty folders that some browsers make.
                if name and not name.endswith("/"):
                    found[check_relative(name)] = item["Size"]
    return found


def size(location: Location) -> int | None:
    """An object's size in bytes, or None where it is not there.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
    """
    bucket, key = _bucket_and_key(location)
    if not key:
        return None
    client = connect(location.uri)
    with explained(location.uri):
        try:
            return client.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ClientError as error:
            if status(error) != 404:
                raise
            # The answer has no body that tells a missing object from a missing bucket.
            _check_bucket(client, bucket)
            return None


def has(location: Location) -> bool:
    """Whether an object is there; see `size`."""
    return size(location) is not None


def check_writable(location: Location) -> None:
    """Find out before the work whether an object could be put there, without leaving one.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
    """
    bucket, key = _bucket_and_key(location)
    if not key:
        raise BadInput(f"{location}: a bucket itself is no artifact; give {S3}{bucket}/prefix")
    with explained(location.uri):
        client = connect(location.uri)
        upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


def read_text(location: Location) -> str:
    """Read a small object.

    Raises:
        MissingInput: it is not there.
        BadInput: it is not text; access is denied.
    """
    bucket, key = _bucket_and_key(location)
    content = io.BytesIO()
    with explained(location.uri), _manager(location) as manager:
        manager.download(bucket, key, content).result()
    try:
        return content.getvalue().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{location}: not text; make the artifact again") from error


def put_text(location: Location, text: str) -> None:
    """Write a small object, in one request: it is the old text or the new one.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
    """
    bucket, key = _bucket_and_key(location)
    with explained(location.uri):
        connect(location.uri).put_object(Bucket=bucket, Key=key, Body=text.encode())


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
    with explained(location.uri), _manager(location) as manager:
        futures = [manager.download(*_target(location, t), str(t.path)) for t in transfers]
        _wait(futures, transfers, f"download of {location}")


def upload(location: Location, transfers: Sequence[Transfer]) -> None:
    """Upload files in parallel; an object appears when it is complete.

    A large file goes up in parts; when one fails, the upload is aborted.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
        HandsegError: the store keeps failing.
    """
    with explained(location.uri), _manager(location) as manager:
        futures = [manager.upload(str(t.path), *_target(location, t)) for t in transfers]
        _wait(futures, transfers, f"upload to {location}")


def delete(location: Location, names: Iterable[str]) -> None:
    """Delete objects of a folder by name; one that is not there is no error."""
    bucket, key = _bucket_and_key(location)
    client = connect(location.uri)
    with explained(location.uri):
        for name in names:
            # One by one: stores that want a checksum on the batch request refuse it without one.
            client.delete_object(Bucket=bucket, Key=f"{key}/{name}" if key else name)


def _wait(futures: Sequence[TransferFuture], transfers: Sequence[Transfer], what: str) -> None:
    total = sum(transfer.size for transfer in transfers)
    began = logged = time.monotonic()
    done = 0
    for count, (future, transfer) in enumerate(zip(futures, transfers, strict=True), start=1):
        future.result()
        done += transfer.size
        now = time.monotonic()
        if now - logged >= _LOG_EVERY_S:
            logged = now
            left = (now - began) / max(done, 1) * (total - done)
            logger.info(
                "%s: %d of %d files, %.0f of %.0f MB, %.0f s left",
                *(what, count, len(futures), done / 1e6, total / 1e6, left),
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


def _bucket_and_key(location: Location) -> tuple[str, str]:
    if not location.is_remote:
        raise BadInput(f"{location}: an s3:// URI is needed here")
    bucket, _, key = location.uri.removeprefix(S3).partition("/")
    allowed = [
        name.strip() for name in os.environ.get(BUCKETS_VARIABLE, "").split(",") if name.strip()
    ]
    if allowed and bucket not in allowed:
        raise BadInput(f"{location}: bucket {bucket} is not among {BUCKETS_VARIABLE} {allowed}")
    return bucket, key


def _target(location: Location, transfer: Transfer) -> tuple[str, str]:
    bucket, key = _bucket_and_key(location)
    return bucket, f"{key}/{transfer.name}" if key else transfer.name


def _check_bucket(client: "S3Client", bucket: str) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if status(error) == 404:
            raise MissingInput(
                f"{S3}{bucket}: no such bucket; create it, or check the name"
            ) from None
        raise


def _manager(location: Location) -> TransferManager:
    config = TransferConfig(
        max_concurrency=_PARALLEL, multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES
    )
    return create_transfer_manager(connect(location.uri), config)
