"""Objects under s3://bucket/prefix: the only module that talks to an object store."""

import functools
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handseg.errors import BadInput, MissingInput
from handseg.storage.location import S3, Location, check_relative
from handseg.storage.s3_client import bucket_and_key, connect, transfer_manager
from handseg.storage.s3_errors import explained, status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def sizes(location: Location) -> dict[str, int]:
    """Sizes in bytes of all objects inside a folder, by name relative to it.

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
                    found[check_relative(name)] = item["Size"]
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
