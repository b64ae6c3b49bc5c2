"""Entries that a tracker may not have taken yet, kept with a training's state."""

import json
import logging
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from handseg import durable, plain_text
from handseg.errors import BadInput, HandsegError, told
from handseg.settings_codec import from_dict
from handseg.tracking.tracker import Entry

logger = logging.getLogger(__name__)


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
        found = from_dict(Outbox, plain_text.read_json(path, remedy="it is left out"))
        # Hex digits alone, as it becomes part of a folder's name and of a query.
        return replace(found, training=uuid.UUID(found.training).hex)
    except (BadInput, ValueError, OSError) as error:
        logger.warning("%s: %s; its tracker is told of a new training", path, told(error))
        return None


def save(path: Path, kept: Outbox) -> bool:
    """Write a file whole, and say whether that was possible; where it was not, it warns."""
    try:
        durable.write_text(path, json.dumps(asdict(kept)))
    except (HandsegError, OSError) as error:
        logger.warning("%s: not written (%s); after a kill, points may be missing", path, error)
        return False
    return True
