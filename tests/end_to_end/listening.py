"""Every socket that a Python process and its children connect, written down by an audit hook."""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HOOK = """
import os, sys

NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


def note(event, arguments):
    if event not in NETWORK:
        return
    place = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
    # Between processes of this machine an address is a file's name.
    if event != "socket.connect" or isinstance(place, tuple):
        with open(os.environ["HANDSEG_TEST_CALLS"], "a") as file:
            file.write(f"{event} {place!r}\\n")


sys.addaudithook(note)
"""


def environment(folder: Path) -> Mapping[str, str]:
    """Variables under which processes write down whom they call, to `folder`/calls."""
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(_HOOK)
    (folder / "calls").touch()
    return {
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "HANDSEG_TEST_CALLS": str(folder / "calls"),
    }


def calls(folder: Path) -> list[str]:
    """Whom they called."""
    return (folder / "calls").read_text().splitlines()
