"""One question over HTTP, answered or not within seconds."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
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
        HandsegError: nobody answers.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadInput(f"{shown(url)}: not an http(s) URL; give http://HOST or https://HOST")
    request = Request(url)
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        context = ssl.create_default_context(cafile=certificates or None)
        with urlopen(request, timeout=_LIMIT_S, context=context) as answer:
            return _answer(answer.status, answer.read(_MOST_BYTES), answer.headers["Date"])
    except HTTPError as error:
        with error:
            return _answer(error.code, error.read(_MOST_BYTES), error.headers["Date"])
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise HandsegError(
            f"{shown(url)}: no answer ({_reason(reason)}); check the address and the network"
        ) from error


def shown(url: str) -> str:
    """A URL without a user or password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _reason(reason: object) -> str:
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _answer(status: int, body: bytes, date: str | None) -> Answer:
    try:
        told = parsedate_to_datetime(date or "")
    except ValueError:
        return Answer(status, body, None)
    return Answer(status, body, (datetime.now(UTC) - told).total_seconds())
