"""`handseg ...` that SIGKILLs itself right before its n-th change of the files below a folder.

`python -m tests.faults.killed_at_change N FOLDER WORD...`; with N = 0 it does its work, and
FOLDER.changes says how many there were. What libraries change in C++ is not seen.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from handseg import cli

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def counting(folder: str, at: int) -> Callable[[], int]:
    """Count changes from now on, and die at one; gives what tells the number so far."""
    number = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal number
        if not (event in _CHANGES or (event == "open" and _writes(arguments))):
            return
        place = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else ""
        # What is removed as part of a tree has a name within the open folder.
        if place.startswith(folder) or (event != "open" and not place.startswith("/")):
            number += 1
            if number == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: number


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & _WRITING)


def main() -> int:
    """Run the command."""
    at, folder, words = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    changes = counting(folder, at)
    code = cli.main(words)
    seen = changes()
    if not at:
        Path(f"{folder}.changes").write_text(str(seen), encoding="ascii")
    return code


if __name__ == "__main__":
    sys.exit(main())
