"""Objects under s3://bucket/prefix: the only module that talks to an object store."""

import functools
import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from handseg.errors import BadInput, MissingInput
from handseg.storage.location import S3, Location, check_relative
from handseg.storage.s3_client import bucket_and_key, connect, transfer_manager
from handseg.storage.s3_errors import explained, status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)
_BODY_ATTEMPTS = 5
"""For an answer that is cut off in its middle, which the client itself does not ask for again."""
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


@dataclass(frozen=True)
class Listed:
    """What a listing says of an object."""

    size: int
    """In bytes."""
    etag: str
    """The store's text for the content, which changes with it; empty where it keeps none."""


def sizes(location: Location) -> dict[str, int]:
    """Sizes in bytes of all objects inside a folder, by name relative to it; see `listing`."""
    return {name: found.size for name, found in listing(location).items()}


def listing(location: Location) -> dict[str, Listed]:
    """All objects inside a folder, by name relative to it.

    Raises:
        BadInput: an object's name would lead out of the folder; access is denied.
        MissingInput: there is no such bucket.
    """
    bucket, key = bucket_and_key(location)
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
                    etag = item.get("ETag", "").strip('"')
                    found[check_relative(name)] = Listed(item["Size"], etag)
    return found


def size(location: Location) -> int | None:
    """An object's size in bytes, or None where it is not there.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
    """
    bucket, key = bucket_and_key(location)
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
    bucket, key = bucket_and_key(location)
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
    bucket, key = bucket_and_key(location)
    content = io.BytesIO()
    with explained(location.uri), transfer_manager(location.uri) as manager:
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
    bucket, key = bucket_and_key(location)
    with explained(location.uri):
        connect(location.uri).put_object(Bucket=bucket, Key=key, Body=text.encode())


def put_new(location: Location, text: str) -> bool:
    """Write a small object unless one is there: of several writers at once, one succeeds.

    A store that knows no conditional writes overwrites what is there (`s3_lock` finds that out).

    Returns:
        Whether the object holds this text now.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
    """
    bucket, key = bucket_and_key(location)
    with explained(location.uri):
        client = connect(location.uri)
        try:
            client.put_object(Bucket=bucket, Key=key, Body=text.encode(), IfNoneMatch="*")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code == "NotImplemented":
                client.put_object(Bucket=bucket, Key=key, Body=text.encode())
            elif code not in _TAKEN:
                raise
            else:
                # The answer to a first attempt may have been lost, and the second found its object.
                return has(location) and read_text(location) == text
    return True


def read_range(location: Location, offset: int, length: int) -> bytes:
    """Read a part of an object.

    Raises:
        MissingInput: it is not there.
        BadInput: it ends before the part does; access is denied.
        HandsegError: the store keeps failing.
    """
    bucket, key = bucket_and_key(location)
    wanted = f"bytes={offset}-{offset + length - 1}"
    with explained(location.uri):
        client = connect(location.uri)
        for attempt in range(1, _BODY_ATTEMPTS + 1):
            body = client.get_object(Bucket=bucket, Key=key, Range=wanted)["Body"]
            try:
                content = body.read()
            except (IncompleteReadError, HTTPClientError) as error:
                if attempt == _BODY_ATTEMPTS:
                    raise
                logger.debug("%s: %s of %s; once more", location, type(error).__name__, wanted)
                continue
            if len(content) == length:
                return content
            break
    raise BadInput(f"{location}: ends before byte {offset + length}; make the artifact again")


def delete_object(location: Location) -> None:
    """Delete an object; one that is not there is no error."""
    bucket, key = bucket_and_key(location)
    with explained(location.uri):
        connect(location.uri).delete_object(Bucket=bucket, Key=key)


def delete(location: Location, names: Iterable[str]) -> None:
    """Delete objects of a folder by name; one that is not there is no error."""
    bucket, key = bucket_and_key(location)
    client = connect(location.uri)
    with explained(location.uri):
        for name in names:
            # One by one: stores that want a checksum on the batch request refuse it without one.
            client.delete_object(Bucket=bucket, Key=f"{key}/{name}" if key else name)


@functools.lru_cache(maxsize=8)
def _check_bucket(client: "S3Client", bucket: str) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if status(error) == 404:
            raise MissingInput(
                f"{S3}{bucket}: no such bucket; create it, or check the name"
            ) from None
        raise
