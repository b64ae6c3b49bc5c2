"""A CSV of submissions, against the images that it should cover."""

from pathlib import Path

from handseg import bones
from handseg.dataset.layout import ImageRecord
from handseg.ensemble import conformity, submission
from handseg.errors import HandsegError
from handseg.masks import rle
from tests.fuzz.changes import png, text
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import check_fault, must
from tests.fuzz.target import Target

_NAME = "submission.csv"
_IMAGES = ("a1.png",)
_SHAPE = (20, 30)
_WORDS = tuple(
    word.encode()
    for word in (
        *_IMAGES,
        "finger-1",
        "Ulna",
        "b_2.png",
        "a1.png,Ulna,\n",
        "a1.png,finger-1,1 2\n",
        "=1+1",
        ",,",
    )
)


def corpus() -> list[bytes]:
    """A mask in each row, empty masks, and a header alone."""
    rows = [
        f"{image},{bone},{number + 1} 2"
        for image in _IMAGES
        for number, bone in enumerate(bones.NAMES)
    ]
    empty = [f"{image},{bone}," for image in _IMAGES for bone in bones.NAMES]
    return ["\n".join([submission.HEADER, *some, ""]).encode() for some in (rows, empty, [])]


def read(content: bytes, folder: Path) -> None:
    """Read it, and list its faults: what conforms is read, and is what it says."""
    path = folder / _NAME
    path.write_bytes(content)
    faults = conformity.check(path, [_record(folder, name) for name in _IMAGES])
    for fault in faults:
        check_fault(fault)
    try:
        found = submission.read(path)
    except HandsegError:
        must(bool(faults), "refused by the reader, and without a fault")
        raise
    must(all(len(texts) == bones.COUNT for texts in found.values()), "not 29 rows of an image")
    if not faults:
        must(tuple(found) == _IMAGES, "without a fault, and of other images")
        pixels = _SHAPE[0] * _SHAPE[1]
        runs = [(name, [rle.parse(one, pixels) for one in found[name]]) for name in _IMAGES]
        again = path.with_name("again.csv")
        submission.write(again, runs)
        ended = content if content.endswith(b"\n") else content + b"\n"
        must(len(again.read_bytes()) <= len(ended), "written again, it is longer")


def _record(folder: Path, name: str) -> ImageRecord:
    path = folder / name
    start = png.joined([png.header(_SHAPE[1], _SHAPE[0])])
    path.write_bytes(start)
    return ImageRecord(name, "ID1", "test", path, None)


def change(content: bytes, dice: Dice) -> bytes:
    """Change lines and fields, or the runs of one row alone."""
    if dice.falls(0.3):
        lines = content.split(b"\n")
        number = dice.random.randrange(len(lines))
        *fields, runs = lines[number].split(b",")
        lines[number] = b",".join([*fields, text.change(runs, dice, (b"1 2", b" ", b"600"))])
        return b"\n".join(lines)
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=_NAME)
