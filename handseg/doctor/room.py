"""The room that a run takes, reckoned, against what is free."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from handseg.doctor import images, size
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, ok, warning
from handseg.errors import HandsegError, MissingInput
from handseg.images import room

_CHECKPOINT = 1e9
"""Of a member, its training's state included: the largest published network took 0.7 GB."""
_LEAST = 1e9
"""Where nothing can be reckoned, less than this is worth a word."""


@dataclass(frozen=True)
class Need:
    """Bytes that a run takes, as far as they can be reckoned without its networks."""

    out: int = 0
    """In a local --out: cache, stores and CSV."""
    temp: int = 0
    """In TMPDIR: what is fetched before a stage begins, and what is sent when it ends."""
    checkpoints: int = 0
    """Besides, in `out`, at most."""


def needed(asked: Asked) -> Need:
    """What a run by the preset takes; nothing where the data cannot be looked at."""
    if asked.data is None:
        return Need()
    try:
        found = images.find(asked.data)
    except HandsegError:  # the check of the data says so
        return Need()
    cache = room.cache_bytes([*found.train, *found.test], asked.preprocess.compression)
    train, test = (sum(h * w for h, w in part) for part in (found.train, found.test))
    folds = 1 if asked.preset is None else asked.preset.split.folds
    stores = int(room.STORE_BYTES_PER_PIXEL * asked.members * (train / folds + test))
    made = cache + stores + int(room.CSV_BYTES_PER_PIXEL * (test or train))
    is_afar = asked.out is not None and asked.out.is_remote
    return Need(
        out=0 if is_afar else made,
        temp=found.fetched_bytes + (made if is_afar else 0),
        checkpoints=int(_CHECKPOINT * asked.members),
    )


def compare(name: str, folder: Path, needed: int, *, perhaps: int = 0, remedy: str) -> Check:
    """Compare what is free in a folder with what is needed, and may be needed besides."""
    free = shutil.disk_usage(folder).free
    found = f"{folder}: {size.text(free)} free"
    if not needed:
        few = f"{remedy}; a cache of 1,000 images of 2048 px alone takes 4.2 GB"
        return ok(name, found) if free >= _LEAST else warning(name, found, few)
    found = f"{found}, {size.text(needed)} needed"
    if free < needed:
        return failed(name, found, remedy)
    if free < needed + perhaps:
        return warning(name, f"{found}, and up to {size.text(perhaps)} of checkpoints", remedy)
    return ok(name, found)


def temp_folder() -> Path:
    """Where temporary files go.

    Raises:
        MissingInput: no folder for them can be written.
    """
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise MissingInput(
            "none of TMPDIR, /tmp and /var/tmp can be written; set TMPDIR to a folder that can"
        ) from error
