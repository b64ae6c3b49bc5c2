"""What a store says of its objects: names, sizes and ETags."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handseg.storage import etags
from handseg.storage.location import Location, check_relative
from handseg.storage.s3_client import bucket_and_key, connect
from handseg.storage.s3_errors import Damaged, explained

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

logger = logging.getLogger(__name__)
_ATTEMPTS = 3
"""At a listing that is damaged."""


@dataclass(frozen=True)
class Listed:
    """What the store says of an object."""

    size: int
    """In bytes."""
    etag: str
    """The store's text for the content, which changes with it; empty where it keeps none."""
    encrypted: bool = False
    """By a key service's or a customer's key, so that the ETag is no MD5. A listing never says."""

    @property
    def md5(self) -> str:
        """MD5 of the content as it should be; empty where the store keeps none."""
        return self.etag if etags.may_be_md5(self.etag) and not self.encrypted else ""


def sizes(location: Location) -> dict[str, int]:
    """Sizes in bytes of all objects inside a folder, by name relative to it; see `listing`."""
    return {name: found.size for name, found in listing(location).items()}


def listing(location: Location) -> dict[str, Listed]:
    """All objects inside a folder, by name relative to it.

    Raises:
        BadInput: an object's name would lead out of the folder; access is denied.
        MissingInput: there is no such bucket.
        HandsegError: what comes is damaged each time, or the store keeps failing.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            with explained(location.uri):
                return _listed(location)
        except Damaged as error:
            logger.debug("attempt %d: %s", attempt, error)
    with explained(location.uri):
        return _listed(location)


def _listed(location: Location) -> dict[str, Listed]:
    bucket, key = bucket_and_key(location)
    prefix = f"{key}/" if key else ""
    pages = connect(location.uri).get_paginator("list_objects_v2")
    found = {}
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        _check_page(location, page)
        for item in page.get("Contents", []):
            if not item["Key"].startswith(prefix):
                raise Damaged(f"{location}: {item['Key']!r} listed, which is outside; try again")
            name = item["Key"].removeprefix(prefix)
            # The empty folders that some browsers make.
            if not item["Size"] and (not name or name.endswith("/")):
                continue
            if name in found:
                raise Damaged(f"{location.child(name)}: listed twice; try again")
            etag = etags.plain(item.get("ETag"))
            found[check_relative(name)] = Listed(item["Size"], etag)
    return found


def _check_page(location: Location, page: "ListObjectsV2OutputTypeDef") -> None:
    count = len(page.get("Contents", []))
    if page.get("KeyCount", count) != count:
        raise Damaged(f"{location}: {count} objects listed, {page['KeyCount']} said; try again")
    if "NextContinuationToken" in page and not page.get("IsTruncated"):
        raise Damaged(f"{location}: the listing goes on, and is said to end; try again")
