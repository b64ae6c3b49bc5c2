"""One writer at a time of something under s3://, on any number of machines.

A writer of `run/cache` puts an object into `run/.cache.lock/` and goes on only if, after that, no
other is there: of two writers the later one always sees the earlier. The object of a living writer
changes every few seconds; one that has not changed for as long as `Lease.seconds` is left over from
a killed one, and the next writer takes over under the next number. No clock is compared.

Each has a name of its own; those that meet withdraw, and try again a random time later. That asks
nothing of a store but to list what was put: not all heed `If-None-Match`.
"""

import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.storage import s3, s3_listing
from handseg.storage.location import Location
from handseg.storage.writer import Writer

logger = logging.getLogger(__name__)
_WATCH_S = 0.5
_DIGITS = 8
"""By which the names of those that begin together differ."""


@dataclass(frozen=True)
class Lease:
    """How long a silent writer counts as alive."""

    seconds: float = 30.0
    beat_seconds: float = 8.0
    """Between two signs of life; several fit into the lease."""


@dataclass
class Lock:
    """What the holder has in hand."""

    target: Location
    folder: Location
    name: str = ""
    """Of its object: a number, counted from 1, and what no other has."""
    writer: Writer = field(default_factory=Writer)
    beats: int = 0
    # While an object is replaced, some stores (rclone) do not list it.
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def text(self) -> str:
        """What its object holds: who and since when, for people; and what changes, for watchers."""
        return json.dumps({**self.writer.record(), "beats": self.beats})

    def check(self) -> None:
        """Find out before something is published whether it is still held.

        Raises:
            BadInput: another writer took over, as this one had shown no sign of life.
        """
        with self._turn:
            self._check()

    def _check(self) -> None:
        there = s3_listing.sizes(self.folder)
        later = [name for name in there if _number(name) > _number(self.name)]
        if later or self.name not in there:
            raise BadInput(
                f"{self.target}: another process took over while this one was silent; "
                "nothing was published, let that one finish"
            )

    def beat(self) -> None:
        """Show a sign of life."""
        with self._turn:
            self._check()
            self.beats += 1
            s3.put_text(self.folder.child(self.name), self.text())


@contextmanager
def holding(target: Location, lease: Lease = Lease()) -> Iterator[Lock]:  # noqa: B008 - frozen
    """Be the only writer of an artifact or a snapshot for the length of the block.

    A writer on this machine is known to live or not at once; one elsewhere is watched for as long
    as the lease.

    Raises:
        BadInput: another is writing; the message says who, where and since when.
        MissingInput: there is no such bucket.
    """
    lock = Lock(target, _folder(target))
    _acquire(lock, lease)
    ended = threading.Event()
    beating = threading.Thread(
        target=_keep_alive, args=(lock, lease, ended), name="handseg-lock", daemon=True
    )
    beating.start()
    try:
        yield lock
    finally:
        ended.set()
        beating.join()
        try:
            s3.delete(lock.folder, [lock.name])
        except HandsegError as error:
            logger.warning("%s: its lock stays for %.0f s more (%s)", target, lease.seconds, error)


def remove_dead(target: Location) -> None:
    """Remove what is left in the lock of writers of this machine that live no more.

    A killed one leaves it, or one that could not reach the store in the end. Nothing else is
    touched, so that this may be called while others write.

    Raises:
        MissingInput: there is no such bucket.
        BadInput: access is denied.
    """
    folder = _folder(target)
    s3.delete(folder, [name for name, text in _read(folder).items() if _is_dead(text)])


def _folder(target: Location) -> Location:
    return target.sibling(f".{target.name}.lock")


def _keep_alive(lock: Lock, lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(lease.beat_seconds):
        try:
            lock.beat()
        except BadInput as error:
            logger.warning("%s", error)
            return
        except HandsegError as error:
            logger.warning("%s: no sign of life could be given (%s)", lock.target, error)


def _acquire(lock: Lock, lease: Lease) -> None:
    while True:
        dead = _only_dead(lock, lease)
        number = max(map(_number, dead), default=0) + 1
        lock.name = f"{number}-{uuid.uuid4().hex[:_DIGITS]}"
        s3.put_text(lock.folder.child(lock.name), lock.text())
        if set(s3_listing.sizes(lock.folder)) <= {*dead, lock.name}:
            s3.delete(lock.folder, dead)
            return
        s3.delete(lock.folder, [lock.name])
        time.sleep(random.uniform(0.05, 0.5))  # nosec B311 # a wait


def _only_dead(lock: Lock, lease: Lease) -> list[str]:
    """Names of what killed writers left; returns once no other is there.

    Raises:
        BadInput: a writer lives.
    """
    seen: dict[str, _Seen] = {}
    said = False
    while True:
        found = _read(lock.folder)
        for name, text in found.items():
            if name in seen and _is_living(text, seen[name].text):
                raise Writer.of(text).refusal(lock.target)
        seen = {name: seen.get(name, _Seen(text)) for name, text in found.items()}
        silent = [one for one in seen.values() if one.may_live(lease)]
        if not silent:
            return sorted(found)
        if not said:
            said = True
            logger.info(
                "%s: waiting up to %.0f s for a sign of life of what began it (%d)",
                *(lock.target, lease.seconds, len(silent)),
            )
        # Of those that met, all have withdrawn by then, or all but one.
        time.sleep(min(_WATCH_S, lease.beat_seconds))


@dataclass(frozen=True)
class _Seen:
    """An object of a lock, as it was at first."""

    text: str
    since: float = field(default_factory=time.monotonic)

    def may_live(self, lease: Lease) -> bool:
        return not _is_dead(self.text) and time.monotonic() - self.since <= lease.seconds


def _is_living(text: str, before: str) -> bool:
    return not _is_dead(text) and (text != before or Writer.of(text).process.is_here())


def _read(folder: Location) -> dict[str, str]:
    found = {}
    for name in s3_listing.sizes(folder):
        try:
            found[name] = s3.read_text(folder.child(name))
        except MissingInput:
            continue  # its holder has just ended
    return found


def _is_dead(text: str) -> bool:
    return Writer.of(text).process.has_ended()


def _number(name: str) -> int:
    digits = name.partition("-")[0]
    return int(digits) if digits.isdecimal() else 0
