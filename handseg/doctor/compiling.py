"""The compiler that torch.compile calls."""

import os
import shutil
from collections.abc import Iterator

from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, not_asked, ok

_USUAL = "g++"


def look(asked: Asked) -> Iterator[Check]:
    """Look for the compiler as torch does."""
    wanted = os.environ.get("CXX", _USUAL)
    path = shutil.which(wanted)
    if path is not None:
        yield ok("compiler", path)
        return
    found, remedy = f"no {wanted}, which torch.compile calls", "apt-get install g++, or set CXX"
    if asked.compiles:
        yield failed("compiler", found, f"{remedy}; or give compile false")
    else:
        yield not_asked("compiler", found, remedy)
