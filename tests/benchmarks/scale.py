"""`python -m tests.benchmarks.scale`: cost against images, members and people, with linear fits.

Voting is at 2048 and through the stage; preprocessing is of small hands, to be quick.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.figure
import numpy as np

from handseg.dataset.phantom import writer
from handseg.inference.store import StoreWriter
from handseg.stages.ensemble import ensemble
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.benchmarks.case import Case, renamed, store_card

IMAGES = (50, 100, 200, 400)
MEMBERS = (1, 2, 3, 4, 5)
PEOPLE = (5, 10, 20, 40)
_VOTED = 100
_SIDE = 256


@dataclass(frozen=True)
class Course:
    """Seconds against an amount of work, and the line through them."""

    title: str
    amounts: Sequence[int]
    seconds: Sequence[float]

    @property
    def fit(self) -> tuple[float, float, float]:
        """Seconds for one more, seconds at none, and the share of variance explained (R2)."""
        slope, start = np.polyfit(self.amounts, self.seconds, 1)
        left = np.subtract(self.seconds, np.polyval([slope, start], self.amounts))
        return float(slope), float(start), float(1 - left.var() / np.var(self.seconds))

    def __str__(self) -> str:
        """One line for people."""
        slope, start, explained = self.fit
        points = ", ".join(f"{n}: {s:.2f}" for n, s in zip(self.amounts, self.seconds, strict=True))
        return (
            f"{self.title}: {points} s; {slope * 1000:.1f} ms each + {start:.2f} s, "
            f"R2 {explained:.4f}"
        )


def courses(folder: Path) -> list[Course]:
    """Measure each course, in a folder for what it writes."""
    most = [_store(folder, member, _VOTED) for member in range(MEMBERS[-1])]

    def images(count: int) -> Callable[[], None]:
        stores = [_store(folder, member, count) for member in (0, 1)]
        return lambda: ensemble(stores=stores, out=_at(folder, f"images{count}.csv"))

    def members(count: int) -> Callable[[], None]:
        return lambda: ensemble(stores=most[:count], out=_at(folder, f"members{count}.csv"))

    def people(count: int) -> Callable[[], None]:
        data, folds = folder / f"people{count}", _at(folder, f"people{count}.csv")
        writer.write_dataset(data, people=count, size=_SIDE, seed=5, workers=1)
        split(data=Location(str(data)), out=folds)
        out = _at(folder, f"cache{count}")
        return lambda: preprocess(data=Location(str(data)), folds=folds, out=out)

    ensemble(stores=most[:1], out=_at(folder, "warm.csv"))
    return [
        Course("vote of 2 members, images at 2048", IMAGES, _measured(images, IMAGES)),
        Course(f"vote on {_VOTED} images, members", MEMBERS, _measured(members, MEMBERS)),
        Course(f"preprocess at {_SIDE}, people", PEOPLE, _measured(people, PEOPLE)),
    ]


def _measured(work: Callable[[int], Callable[[], None]], amounts: Sequence[int]) -> list[float]:
    seconds = []
    for amount in amounts:
        ready = work(amount)
        begun = time.perf_counter()
        ready()
        seconds.append(time.perf_counter() - begun)
    return seconds


def _at(folder: Path, name: str) -> Location:
    return Location(str(folder / name))


def _store(folder: Path, member: int, count: int) -> Location:
    place = _at(folder, f"store{member}x{count}")
    if not place.path.exists():
        tiles = Case(folder).tiles(member)
        with (
            artifact.writing(place, folder=True) as path,
            StoreWriter(path, store_card(member)) as file,
        ):
            for number in range(count):
                file.add(renamed(tiles, f"image{number:04d}.png"))
    return place


def draw(found: Sequence[Course], out: Path) -> None:
    """Draw every course with its line, as a PNG."""
    figure = matplotlib.figure.Figure(figsize=(4 * len(found), 3.2), layout="constrained")
    for axes, course in zip(figure.subplots(1, len(found), squeeze=False)[0], found, strict=True):
        slope, start, explained = course.fit
        axes.plot(course.amounts, course.seconds, "o")
        axes.axline((0, start), slope=slope, linewidth=0.8)
        axes.set(title=f"R² {explained:.4f}", xlabel=course.title, ylabel="seconds")
        axes.set_xlim(0)
        axes.set_ylim(0)
    figure.savefig(out)


def main() -> None:
    """Measure, print one line for each course, and draw them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/scale.png"))
    out = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found = courses(Path(folder))
    for course in found:
        print(course)
    draw(found, out)


if __name__ == "__main__":
    main()
