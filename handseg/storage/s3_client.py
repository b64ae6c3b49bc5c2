"""The client of an object store, from the usual AWS environment variables and files.

Besides endpoint, region, profile and credentials these switches are read:
AWS_REQUEST_CHECKSUM_CALCULATION and AWS_RESPONSE_CHECKSUM_VALIDATION (`when_required` here unless
set, because some stores refuse the checksums that `when_supported` sends; our own SHA-256 finds
what they would), AWS_MAX_ATTEMPTS, AWS_RETRY_MODE, `s3.addressing_style` of the AWS
configuration file (`path` here unless set), and HANDSEG_BUCKETS.
"""

import functools
import logging
import os
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

import boto3
import botocore.session
from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError, InvalidRegionError
from s3transfer.manager import TransferManager

from handseg.errors import BadInput
from handseg.storage import endpoint
from handseg.storage.location import S3, Location
from handseg.storage.s3_errors import (
    CHECKSUM_VARIABLE,
    OTHER_BYTES,
    code,
    explained,
    is_passing,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)
# boto3 makes 3 attempts within a second; 7 that wait half to all of 1, 2, 4, 8, 16 and 20 s between
# them outlast a store that is started again.
_ATTEMPTS = 7
_MOST_WAIT_S = 20.0
_CHECKSUM_MODES = ("when_required", "when_supported")
_ChecksumMode = Literal["when_required", "when_supported"]
# Connections for the parallel transfers; boto3 warns when its own 10 run out.
_CONNECTIONS = 20
_PARALLEL = 10
_PART_BYTES = 16 * 2**20
BUCKETS_VARIABLE = "HANDSEG_BUCKETS"
"""Environment variable: the buckets that may be used, comma-separated; unset allows every one."""


def connect(uri: str) -> "S3Client":
    """Make a client.

    Args:
        uri: what it is for, named in errors.

    Raises:
        BadInput: an endpoint that `endpoint.check` refuses, an unknown checksum mode, or no such
            profile.
        HandsegError: the AWS configuration cannot be read.
    """
    # A client takes 0.1 s to make; a forked worker may not share its parent's connections.
    environment = tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_")))
    with explained(uri):
        return _client(environment, os.getpid())


@functools.lru_cache(maxsize=2)
def _client(environment: tuple[tuple[str, str], ...], process: int) -> "S3Client":
    session = botocore.session.get_session()
    file_style = (session.get_scoped_config().get("s3") or {}).get("addressing_style")
    config = Config(
        s3={"addressing_style": file_style or "path"},
        request_checksum_calculation=_checksum_mode(CHECKSUM_VARIABLE),
        response_checksum_validation=_checksum_mode("AWS_RESPONSE_CHECKSUM_VALIDATION"),
        max_pool_connections=_CONNECTIONS,
        connect_timeout=10,
        read_timeout=60,
    )
    if "AWS_MAX_ATTEMPTS" not in os.environ:
        config = config.merge(Config(retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}))
    try:
        client = boto3.Session(botocore_session=session).client("s3", config=config)
    except InvalidRegionError as error:
        raise BadInput(f"{error}; check AWS_DEFAULT_REGION") from error
    except ValueError as error:
        raise BadInput(f"{error}; check AWS_ENDPOINT_URL") from error
    endpoint.check(client.meta.endpoint_url)
    attempts = client.meta.config.retries["total_max_attempts"]  # type: ignore[attr-defined]
    # Its types know of no handler with an answer.
    back_off = cast("Callable[..., None]", functools.partial(_back_off, attempts))
    client.meta.events.register_first("needs-retry.s3", back_off)
    client.meta.events.register_first("needs-retry.s3", endpoint.refuse_redirect)
    return client


def _back_off(
    most_attempts: int,
    attempts: int,
    caught_exception: Exception | None,
    response: tuple[Any, Any] | None,
    **_: object,
) -> float | None:
    """Seconds until the next attempt where the store does not answer, fails, or got other bytes.

    None leaves everything else, and the end, to the client.
    """
    if isinstance(caught_exception, NoConnection | HTTPClientError):
        kind = type(caught_exception).__name__
    elif response is not None and _may_pass(*response):
        kind = code(response[1])
    else:
        return None
    if attempts >= most_attempts:
        return None
    longest = min(2.0 ** (attempts - 1), _MOST_WAIT_S)
    seconds = random.uniform(longest / 2, longest)  # nosec B311 # a wait
    if attempts > 1:  # once is daily life
        logger.warning(
            "the object store failed %d times (%s); once more in %.0f s", attempts, kind, seconds
        )
    return seconds


def _may_pass(answer: Any, parsed: Any) -> bool:
    return is_passing(answer.status_code) or code(parsed) in OTHER_BYTES


def transfer_manager(uri: str) -> TransferManager:
    """What moves many files at once and large ones in parts; to be closed by `with`."""
    config = TransferConfig(
        max_concurrency=_PARALLEL, multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES
    )
    return create_transfer_manager(connect(uri), config)


def bucket_and_key(location: Location) -> tuple[str, str]:
    """Split a remote location.

    Raises:
        BadInput: it is local, or its bucket is not among HANDSEG_BUCKETS.
    """
    if not location.is_remote:
        raise BadInput(f"{location}: an s3:// URI is needed here")
    bucket, _, key = location.uri.removeprefix(S3).partition("/")
    allowed = [
        name.strip() for name in os.environ.get(BUCKETS_VARIABLE, "").split(",") if name.strip()
    ]
    if allowed and bucket not in allowed:
        raise BadInput(f"{location}: bucket {bucket} is not among {BUCKETS_VARIABLE} {allowed}")
    return bucket, key


def _checksum_mode(variable: str) -> _ChecksumMode:
    mode = os.environ.get(variable, _CHECKSUM_MODES[0]).lower()
    if mode not in _CHECKSUM_MODES:
        raise BadInput(f"{variable}={mode}: give {' or '.join(_CHECKSUM_MODES)}")
    return cast(_ChecksumMode, mode)
