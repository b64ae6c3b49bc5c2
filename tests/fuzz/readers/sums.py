"""SHA256SUMS of an artifact."""

from pathlib import Path

from handseg.storage import sums
from tests.fuzz.changes import text
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_ZERO = b"0" * 64
_WORDS = (_ZERO, b"  ", b" *", b"a/b", b"../a", b"/etc/passwd", b"a//b", b"./a", b"A" * 64, b"\\n")


def corpus() -> list[bytes]:
    """One file, and a folder's."""
    names = ("card.json", "a/b.txt", "run.json")
    folder = {name: f"{number:064x}" for number, name in enumerate(names)}
    return [sums.to_text(folder).encode(), _ZERO + b" *image 1.png\n"]


def read(content: bytes, folder: Path) -> None:
    """Read them: names stay inside the folder, and all is said again by `to_text`."""
    (folder / sums.FOLDER_SUMS).write_bytes(content)
    found = sums.read_sums(folder)
    must(bool(found), "no sums")
    for name, value in found.items():
        inside = (folder / name).resolve()
        must(inside.is_relative_to(folder.resolve()) and inside != folder, "a name that leads out")
        must(len(value) == 64 and int(value, 16) >= 0, "a sum that is none")
    written = sums.to_text(found)
    must(sums.parse(written, "again") == found, "written again, they differ")
    lines = content.decode().removesuffix("\n").split("\n")
    must(len(lines) == len(found), "a line that is not heeded")
    must(len(sums.folder_hash(found)) == 64, "no content hash")


def change(content: bytes, dice: Dice) -> bytes:
    """Change lines and names."""
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=sums.FOLDER_SUMS, most_bytes=1024)
