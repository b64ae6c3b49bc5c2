"""The temporary folder: whether it takes what a run puts there, programs included."""

import os
from collections.abc import Iterator

from handseg.doctor import room
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, short_of


def look(asked: Asked) -> Iterator[Check]:
    """Look at the folder that TMPDIR names, or /tmp."""
    folder = room.temp_folder()
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:
        remedy = "set TMPDIR to another folder (--tmpfs /tmp:exec), or leave compile false"
        found = f"{folder} may hold no programs (noexec), which torch.compile writes there"
        yield short_of("temp folder", found, remedy, is_needed=asked.compiles)
        return
    remedy = "set TMPDIR to a larger disk, or make room"
    yield room.compare("temp folder", folder, room.needed(asked).temp, remedy=remedy)
