"""The data, by its headers, and the place to write to."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from handseg.doctor import images, room
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, not_asked, of_error, ok
from handseg.doctor.images import Images
from handseg.errors import HandsegError
from handseg.storage.location import Location


def look(asked: Asked) -> Iterator[Check]:
    """Look at what a run would read, and where it would write; `store` looks at a bucket."""
    yield not_asked("data", "no --data") if asked.data is None else _data(asked.data)
    if asked.out is None:
        yield not_asked("out", "no --out")
    elif not asked.out.is_remote:
        yield _out(asked, existing(asked.out.path.absolute()))


def _data(data: Location) -> Check:
    try:
        found = images.find(data)
    except HandsegError as error:
        return of_error("data", error)
    if found.fault:
        what, _, remedy = found.fault.partition("; ")
        return failed("data", what, f"{remedy}; `handseg check {data}` lists every fault")
    return ok("data", f"{data}: {_counted(found)}")


def _counted(found: Images) -> str:
    shapes = sorted({*found.train, *found.test})
    sizes = " to ".join(f"{w} x {h}" for h, w in dict.fromkeys([shapes[0], shapes[-1]]))
    return f"{len(found.train):,} training and {len(found.test):,} test images of {sizes} px"


def _out(asked: Asked, folder: Path) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        found = f"{folder} cannot be written ({error.strerror})"
        return failed("out", found, "give another --out, or make it writable")
    need = room.needed(asked)
    shared = need.temp if folder.stat().st_dev == room.temp_folder().stat().st_dev else 0
    remedy = "give another --out, make room, or give --preprocess.compression zstd"
    return room.compare("out", folder, need.out + shared, perhaps=need.checkpoints, remedy=remedy)


def existing(path: Path) -> Path:
    """The path, or the first folder above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
