"""Single objects under s3://bucket/key: whether one is there, what it holds, a new content."""

import functools
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.storage import etags
from handseg.storage.location import S3, Location
from handseg.storage.s3_client import bucket_and_key, connect
from handseg.storage.s3_errors import explained, status
from handseg.storage.s3_listing import Listed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)
_BODY_ATTEMPTS = 5
"""For an answer that is cut off in its middle, which the client itself does not ask for again."""
_READINGS = 3
"""Of a small object that differs from its ETag."""
_KEY_SERVICE = "aws:kms"
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


def size(location: Location) -> int | None:
    """An object's size in bytes, or None where it is not there; see `look`."""
    found = look(location)
    return None if found is None else found.size


def look(location: Location) -> Listed | None:
    """What the store says of one object, or None where it is not there.

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
            head = client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if status(error) != 404:
                raise
            # The answer has no body that tells a missing object from a missing bucket.
            _check_bucket(client, bucket)
            return None
    by_key = head.get("ServerSideEncryption", "").startswith(_KEY_SERVICE)
    encrypted = by_key or "SSECustomerAlgorithm" in head
    return Listed(head["ContentLength"], etags.plain(head.get("ETag")), encrypted)


def has(location: Location) -> bool:
    """Whether an object is there; see `size`."""
    return size(location) is not None


def read_text(location: Location) -> str:
    """Read a small object; one that differs from its ETag is read again, and must stay the same.

    Raises:
        MissingInput: it is not there.
        BadInput: it is not text; access is denied.
        HandsegError: it comes otherwise each time, or the store keeps failing.
    """
    before = None
    for _ in range(_READINGS):
        content, etag = _read(location)
        # Of an encrypted object the ETag is no MD5: then two readings vouch for each other.
        if content == before or etag == etags.of_bytes(content):
            return _text(location, content)
        before = content
    raise HandsegError(
        f"{location}: came otherwise each of {_READINGS} times; check the network between"
    )


def _text(location: Location, content: bytes) -> str:
    try:
        return content.decode("utf-8")
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

    A store that knows no conditional writes overwrites what is there.

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
    content, _ = _read(location, f"bytes={offset}-{offset + length - 1}")
    if len(content) != length:
        raise BadInput(f"{location}: ends before byte {offset + length}; make the artifact again")
    return content


def _read(location: Location, part: str = "") -> tuple[bytes, str]:
    """An object, or a part of it as `bytes=FIRST-LAST`, and its ETag."""
    with explained(location.uri):
        for attempt in range(1, _BODY_ATTEMPTS):
            try:
                return _read_once(location, part)
            except (IncompleteReadError, HTTPClientError) as error:
                logger.debug("%s: attempt %d: %s", location, attempt, type(error).__name__)
        return _read_once(location, part)


def _read_once(location: Location, part: str) -> tuple[bytes, str]:
    bucket, key = bucket_and_key(location)
    client = connect(location.uri)
    if part:
        answer = client.get_object(Bucket=bucket, Key=key, Range=part)
    else:
        answer = client.get_object(Bucket=bucket, Key=key)
    return answer["Body"].read(), etags.plain(answer.get("ETag"))


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
