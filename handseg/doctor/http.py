"""One question over HTTP, answered or not within seconds."""

import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from handseg.errors import BadInput, HandsegError

_LIMIT_S = 5.0
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    ahead_s: float | None
    """How far this machine's clock is ahead of the server's; None where it tells no time."""


def ask(url: str, *, token: str = "", certificates: str = "") -> Answer:
    """GET a URL; any status is an answer.

    Args:
        url: http or https.
        token: a bearer token, which goes to this address and to none that it redirects to.
        certificates: file of those to trust; by default the system's.

    Raises:
        BadInput: it is no http(s) URL.
        HandsegError: nobody answers, or with a certificate that is not trusted.
    """
    if not _is_http(url):
        raise BadInput(f"{shown(url)}: not an http(s) URL; give http://HOST or https://HOST")
    request = Request(url)
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        context = ssl.create_default_context(cafile=certificates or None)
        # Another scheme than http(s) is refused above; urllib follows no redirection to a file.
        with urlopen(request, timeout=_LIMIT_S, context=context) as answer:  # nosec B310
            return _answer(answer.status, answer.read(_MOST_BYTES), answer.headers["Date"])
    except HTTPError as error:
        with error:
            return _answer(error.code, error.read(_MOST_BYTES), error.headers["Date"])
    except (URLError, HTTPException, OSError) as error:
        raise _unanswered(url, getattr(error, "reason", error)) from error


def shown(url: str) -> str:
    """A URL without a user or password in it."""
    return re.sub(r"//[^/]*@", "//", url)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _unanswered(url: str, reason: object) -> HandsegError:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return HandsegError(
            f"{shown(url)}: its certificate is not trusted ({reason.verify_message}); "
            "name the file of its authority in SSL_CERT_FILE, for an object store in AWS_CA_BUNDLE"
        )
    told = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return HandsegError(f"{shown(url)}: no answer ({told}); check the address and the network")


def _answer(status: int, body: bytes, date: str | None) -> Answer:
    try:
        told = parsedate_to_datetime(date or "")
    except ValueError:
        return Answer(status, body, None)
    return Answer(status, body, (datetime.now(UTC) - told).total_seconds())
