"""What an object store's errors mean to a user; no message repeats a key or the store's text."""

from collections.abc import Iterator
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
_CHECKSUM = {
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
    "BadDigest",
    "NotImplemented",
}
_KEYS = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (or AWS_PROFILE)"


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turn an object store's errors into ours, which name the URI and the remedy.

    Raises:
        MissingInput: no such bucket or object.
        BadInput: no, wrong or expired credentials, no region, or a request that the store refuses.
        HandsegError: the store cannot be reached or keeps failing, after all attempts.
    """
    try:
        yield
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


def _answered(uri: str, error: ClientError) -> HandsegError:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if status(error) in (401, 403) or code in _DENIED:
        return BadInput(f"{uri}: access denied ({code}); check {_KEYS} and the bucket's policy")
    if code == "NoSuchBucket":
        return MissingInput(
            f"{uri}: no such bucket; create it, or check the name and AWS_ENDPOINT_URL"
        )
    if status(error) == 404:
        return MissingInput(f"{uri}: not found; check the bucket and the name")
    if code in _CHECKSUM:
        return BadInput(
            f"{uri}: the store refuses the request's checksum ({code}); "
            "set AWS_REQUEST_CHECKSUM_CALCULATION=when_required"
        )
    if status(error) >= 500 or status(error) == 429 or code == "SlowDown":
        return HandsegError(
            f"{uri}: the store is overloaded or failing ({code}, every attempt); "
            "try again later, or raise AWS_MAX_ATTEMPTS"
        )
    return BadInput(f"{uri}: the store refuses {error.operation_name} ({code}); check the URI")
