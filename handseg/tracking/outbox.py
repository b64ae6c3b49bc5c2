"""Entries that a tracker may not have taken yet, kept with a training's state."""

import base64
import json
import logging
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from handseg import durable, plain_text
from handseg.errors import BadInput, HandsegError, shown, told
from handseg.settings_codec import from_dict
from handseg.tracking.tracker import Entry

logger = logging.getLogger(__name__)
_REMEDY = "it is left out"
_MOST_STEPS = 10**12
_LATEST_S = 1e11
"""The year 5138."""
_PNG, _PNG_HEAD = b"\x89PNG\r\n\x1a\n", 24
"""Its signature, and the bytes up to the end of its width and height."""


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """What lies in the file."""

    training: str = field(default_factory=lambda: uuid.uuid4().hex)
    """See `tracker.About`."""
    entries: list[Entry] = field(default_factory=list)


def load(path: Path) -> Outbox | None:
    """Read what `save` wrote, or None where it is not there.

    One that is damaged is left out with a warning: no training may end by it.
    """
    if not path.is_file():
        return None
    try:
        return read(path)
    except (BadInput, OSError) as error:
        logger.warning("%s; its tracker is told of a new training", told(error))
        return None


def read(path: Path) -> Outbox:
    """Read what `save` wrote.

    Raises:
        BadInput: it is damaged.
    """
    found = from_dict(Outbox, plain_text.read_json(path, remedy=_REMEDY), where=str(path))
    try:
        # Hex digits alone, as it becomes part of a folder's name and of a query.
        training = uuid.UUID(found.training).hex
    except ValueError as error:
        raise BadInput(f"{path}: training {shown(found.training)}: no id; {_REMEDY}") from error
    for number, entry in enumerate(found.entries):
        _check(entry, f"{path}: entry {number}")
    return replace(found, training=training)


def _check(entry: Entry, source: str) -> None:
    """Refuse what a tracker could not be told."""
    if not 0 <= entry.step <= _MOST_STEPS:
        raise BadInput(f"{source}: step {shown(entry.step)}: none; {_REMEDY}")
    if not 0 <= entry.time_s <= _LATEST_S:
        raise BadInput(f"{source}: time_s {shown(entry.time_s)}: no time; {_REMEDY}")
    for name, text in entry.pictures.items():
        try:
            png = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise BadInput(f"{source}: {shown(name)}: no base64; {_REMEDY}") from error
        if len(png) < _PNG_HEAD or not png.startswith(_PNG):
            raise BadInput(f"{source}: {shown(name)}: no PNG; {_REMEDY}")


def save(path: Path, kept: Outbox) -> bool:
    """Write a file whole, and say whether that was possible; where it was not, it warns."""
    try:
        durable.write_text(path, json.dumps(asdict(kept)))
    except (HandsegError, OSError) as error:
        logger.warning("%s: not written (%s); after a kill, points may be missing", path, error)
        return False
    return True
