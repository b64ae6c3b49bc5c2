"""Uploads in parts: begun to see whether a store can be written, and left open by killed processes.

Those take room, and no listing of objects shows them.
"""

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.storage.location import S3, Location
from handseg.storage.s3_client import bucket_and_key, connect
from handseg.storage.s3_errors import code, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)


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
        _abort(client, bucket, key, upload)


def abort_left(location: Location) -> None:
    """Abort what is still open under a location; for its only writer, when its own are complete.

    Killed processes left it, or answers that were lost. Where the store does not let one look,
    that is said, and the work goes on: it costs room, and harms nothing.

    Raises:
        MissingInput: there is no such bucket.
    """
    bucket, key = bucket_and_key(location)
    try:
        with explained(location.uri):
            client = connect(location.uri)
            left = _open(client, bucket, key)
            for name, upload in left:
                _abort(client, bucket, name, upload)
    except MissingInput:
        raise
    except HandsegError as error:
        logger.warning(
            "%s: uploads in parts that were cut off may stay open (%s); let the bucket expire them",
            *(location, error),
        )
        return
    if left:
        logger.info(
            "%s: %d uploads in parts that had been cut off are aborted", location, len(left)
        )


def _abort(client: "S3Client", bucket: str, key: str, upload: str) -> None:
    """Abort an upload; one that is over already is no error.

    An abort whose answer was lost is asked for again, and is over then.
    """
    try:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    except ClientError as error:
        if code(error.response) != "NoSuchUpload":
            raise


def _open(client: "S3Client", bucket: str, key: str) -> list[tuple[str, str]]:
    """Key and id of each upload of the object `key` or of one inside the folder `key`."""
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key)
    found = [
        (upload["Key"], upload["UploadId"]) for page in pages for upload in page.get("Uploads", [])
    ]
    return [(name, upload) for name, upload in found if f"{name}/".startswith(f"{key}/")]
