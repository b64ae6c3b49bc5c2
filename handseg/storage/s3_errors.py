"""What an object store's errors mean to a user; no message repeats a key or the store's text."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError
from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError

from handseg.errors import BadInput, HandsegError, MissingInput

_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    CredentialRetrievalError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
_DENIED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
OTHER_BYTES = {
    "BadDigest",
    "IncompleteBody",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
}
"""Codes of a store that received other bytes than were sent, and kept none of them."""
CHECKSUM_VARIABLE = "AWS_REQUEST_CHECKSUM_CALCULATION"
_WITH_BODY = {"PutObject", "UploadPart"}
_KEYS = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (or AWS_PROFILE)"


class Damaged(HandsegError):
    """An answer about objects that cannot be what the store sent, by a bit flipped on the way."""


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turn an object store's errors into ours, which name the URI and the remedy.

    Raises:
        MissingInput: no such bucket or object.
        Damaged: an answer of the store itself, not of an object, cannot be read.
        BadInput: no, wrong or expired credentials, no region, or a request that the store refuses.
        HandsegError: the store cannot be reached or keeps failing, after all attempts.
    """
    try:
        yield
    except HandsegError:
        raise
    except (ResponseParserError, ValueError):
        # Not chained: it repeats the answer.
        raise Damaged(f"{uri}: the store's answer is damaged; try again") from None
    except ClientError as error:
        # Not chained: the store's answer may repeat a key.
        raise _answered(uri, error) from None
    except _NO_CREDENTIALS as error:
        raise BadInput(
            f"{uri}: no usable credentials ({type(error).__name__}); set {_KEYS}"
        ) from None
    except NoRegionError as error:
        raise BadInput(f"{uri}: no region; set AWS_DEFAULT_REGION") from error
    except (BotoCoreError, Boto3Error, RetriesExceededError, S3DownloadFailedError) as error:
        kind = type(getattr(error, "last_exception", error)).__name__
        raise HandsegError(
            f"{uri}: the object store failed after every attempt ({kind}); "
            "check AWS_ENDPOINT_URL, try again later, or raise AWS_MAX_ATTEMPTS"
        ) from error


def status(error: ClientError) -> int:
    """The HTTP status of a store's answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_passing(number: int) -> bool:
    """Whether an HTTP status may be another one a little later; a missing ability (501) stays."""
    return number == 429 or (number >= 500 and number != 501)


def code(answer: Mapping[str, object]) -> str:
    """The store's name for what went wrong, from its answer as boto3 gives it."""
    error = answer.get("Error")
    return str(error.get("Code", "unknown")) if isinstance(error, dict) else "unknown"


def _answered(uri: str, error: ClientError) -> HandsegError:
    said, number = code(error.response), status(error)
    if number in (401, 403) or said in _DENIED:
        return BadInput(
            f"{uri}: access denied ({said}); check {_KEYS} and the bucket's policy{_trailer(error)}"
        )
    if said == "NoSuchBucket":
        return MissingInput(
            f"{uri}: no such bucket; create it, or check the name and AWS_ENDPOINT_URL"
        )
    if said == "NoSuchUpload":
        return HandsegError(f"{uri}: the store lost an upload in parts; run the same command again")
    if number == 404:
        return MissingInput(f"{uri}: not found; check the bucket and the name")
    if said in OTHER_BYTES:
        return HandsegError(
            f"{uri}: the store received other bytes than were sent ({said}, every attempt); check "
            f"the network between, or set {CHECKSUM_VARIABLE}=when_required"
        )
    if is_passing(number) or said == "SlowDown":
        return HandsegError(
            f"{uri}: the store is overloaded or failing ({said}, every attempt); "
            f"try again later, or raise AWS_MAX_ATTEMPTS{_trailer(error)}"
        )
    remedy = _trailer(error) or "; check the URI"
    return BadInput(f"{uri}: the store refuses {error.operation_name} ({said}){remedy}")


def _trailer(error: ClientError) -> str:
    """The remedy where checksums were asked for, which a body then carries and many stores refuse.

    They do so in many ways: as unknown, unsigned, or of no length.
    """
    sent = os.environ.get(CHECKSUM_VARIABLE, "").lower() == "when_supported"
    if not sent or error.operation_name not in _WITH_BODY:
        return ""
    return f"; if the store knows no checksums, set {CHECKSUM_VARIABLE}=when_required"
