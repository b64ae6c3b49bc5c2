"""The object store: whether it answers, what these keys may do there, and what it heeds."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from handseg.doctor import http
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, not_asked, of_error, ok, warning
from handseg.errors import HandsegError
from handseg.storage import s3, s3_client, s3_listing, s3_uploads
from handseg.storage.location import Location

_VARIABLE, _ATTEMPTS = "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS"
_FEW = "2"
"""A store that is down is waited for by other commands: here that is an answer."""
_SKEW_S, _MOST_SKEW_S = 60.0, 900.0
"""Beyond the second, stores refuse requests."""
_TEXT = "handseg doctor\n"


def look(asked: Asked) -> Iterator[Check]:
    """Ask for the time, then put, list, read and remove a small object where a run would write."""
    places = [place for place in (asked.out, asked.data) if place is not None and place.is_remote]
    if not places and _VARIABLE not in os.environ:
        yield not_asked("object store", f"no s3:// location and no {_VARIABLE}")
        return
    with few_attempts():
        try:
            yield _reached(str(places[0]) if places else _VARIABLE)
            if asked.out is not None and asked.out.is_remote:
                yield from _tried(asked.out)
        except HandsegError as error:
            yield of_error("object store", error)


@contextmanager
def few_attempts() -> Iterator[None]:
    """Within the block a store that does not answer is asked twice, unless the user says else."""
    if _ATTEMPTS in os.environ:
        yield
        return
    os.environ[_ATTEMPTS] = _FEW
    try:
        yield
    finally:
        del os.environ[_ATTEMPTS]


def _reached(place: str) -> Check:
    """Whether anything answers, and the clocks; no key is sent."""
    endpoint = s3_client.connect(place).meta.endpoint_url
    answer = http.ask(endpoint, certificates=os.environ.get("AWS_CA_BUNDLE", ""))
    found = f"{http.shown(endpoint)} answers"
    if answer.ahead_s is None:
        return ok("object store", f"{found} and tells no time")
    skew = abs(answer.ahead_s)
    if skew <= _SKEW_S:
        return ok("object store", f"{found}, its clock agrees")
    found = f"{found}, clocks differ by {skew:.0f} s"
    remedy = f"set this machine's clock; stores refuse what is {_MOST_SKEW_S / 60:.0f} minutes off"
    return (failed if skew > _MOST_SKEW_S else warning)("object store", found, remedy)


def _tried(out: Location) -> Iterator[Check]:
    """What may be done beside an artifact, with an object that is removed again."""
    s3_uploads.check_writable(out)
    folder = out.child(f".doctor-{uuid.uuid4().hex}")
    place = folder.child("object")
    try:
        s3.put_text(place, _TEXT)
        listed = s3_listing.sizes(folder)
        read = s3.read_text(place)
        heeds = not s3.put_new(place, f"{_TEXT}overwritten\n")
    finally:
        s3.delete_object(place)
    if list(listed) != [place.name] or read != _TEXT or s3.has(place):
        yield failed(
            "rights",
            f"{out}: an object was put and listed as {sorted(listed)}, read as {read!r}",
            "check what stands between here and the store, such as a cache",
        )
        return
    yield ok("rights", f"{out}: put, parts, list, get and delete")
    yield _conditions(out, heeds=heeds)


def _conditions(out: Location, *, heeds: bool) -> Check:
    if heeds:
        return ok("one writer", f"{out}: conditional writes are heeded (If-None-Match)")
    return warning(
        "one writer",
        f"{out}: conditional writes are not heeded (If-None-Match)",
        "nothing to do: of two writers their locks decide, and no second line behind them",
    )
