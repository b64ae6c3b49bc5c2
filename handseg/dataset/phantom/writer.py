"""A whole data set of synthetic hands, drawn by several processes, complete or absent."""

import json
import logging
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from handseg import progress
from handseg.dataset.phantom import mistakes
from handseg.dataset.phantom.files import write_person
from handseg.dataset.phantom.traits import Part
from handseg.errors import BadInput

Work = Callable[[], None]

logger = logging.getLogger(__name__)

RECORD = "demo.json"
"""The file that says what the data set was made with."""
GENERATOR = 2
"""Raised whenever the same arguments come to draw other hands."""
LEAST_SIZE_PX = 64


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What decides a data set's bytes."""

    people: int
    test_people: int
    size: int
    seed: int
    wrong_labels: int
    generator: int = GENERATOR

    def record(self) -> dict[str, object]:
        """JSON-shaped; without wrong labels, which few data sets have, nothing is said of them."""
        made = asdict(self)
        return made if self.wrong_labels else {k: v for k, v in made.items() if k != "wrong_labels"}


def write_dataset(
    out: Path,
    *,
    people: int,
    test_people: int = 0,
    size: int = 2048,
    seed: int = 0,
    wrong_labels: int = 0,
    workers: int = 0,
) -> None:
    """Write synthetic radiographs of both hands of people, in the competition's layout.

    Test truth goes to test/outputs_json. A finished data set made with the same arguments is left
    as it is.

    Args:
        out: folder to make.
        people: in the train part, at least 1.
        test_people: in the test part; others than those of the train part.
        size: side of the square images in pixels, at least 64.
        seed: a person of a part is the same at any number of people.
        wrong_labels: training annotations to spoil; `mistakes` in demo.json names them.
        workers: processes; 0 takes every core.

    Raises:
        BadInput: a number is out of range, or `out` holds something else.
    """
    made = _Made(
        people=people, test_people=test_people, size=size, seed=seed, wrong_labels=wrong_labels
    )
    _check(made)
    if out.exists():
        _check_same(out, made)
        logger.info("%s: already made with these settings, nothing to do", out)
        return
    beside = out.absolute().with_name(f".{out.absolute().name}.partial")
    if beside.exists():
        shutil.rmtree(beside)
    beside.mkdir(parents=True)
    try:
        _draw(beside, made, workers or os.cpu_count() or 1)
        record = made.record()
        if wrong_labels:
            record["mistakes"] = mistakes.plant(beside, wrong_labels, seed)
        (beside / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        beside.rename(out)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _check(made: _Made) -> None:
    least = {"people": 1, "test_people": 0, "size": LEAST_SIZE_PX, "seed": 0}
    for name, low in least.items():
        if getattr(made, name) < low:
            raise BadInput(f"{name} is {getattr(made, name)}; give at least {low}")
    images = 2 * made.people
    if not 0 <= made.wrong_labels <= images:
        raise BadInput(f"wrong_labels is {made.wrong_labels}; give 0 to the {images} images")


def _check_same(out: Path, made: _Made) -> None:
    record = out / RECORD
    if not record.is_file():
        raise BadInput(f"{out}: is there and holds no {RECORD}; give another folder or remove it")
    before = json.loads(record.read_text(encoding="utf-8"))
    before.pop("mistakes", None)
    if before != made.record():
        raise BadInput(
            f"{out}: was made with {before}, not {made.record()}; give another folder or remove it"
        )


def _draw(root: Path, made: _Made, workers: int) -> None:
    jobs: list[tuple[Part, int, str]] = [
        ("train", person, f"ID{person + 1:03d}") for person in range(made.people)
    ]
    first = made.people + 1
    jobs += [("test", person, f"ID{first + person:03d}") for person in range(made.test_people)]
    works = [
        partial(
            write_person, root, folder, part=part, person=person, seed=made.seed, size=made.size
        )
        for part, person, folder in jobs
    ]
    done = _one_by_one(works) if workers == 1 else _in_parallel(works, min(workers, len(works)))
    for _ in progress.track(done, description="people drawn", total=len(works)):
        pass


def _one_by_one(works: Sequence[Work]) -> Iterator[None]:
    for work in works:
        yield work()


def _in_parallel(works: Sequence[Work], workers: int) -> Iterator[None]:
    # Spawned, not forked: the caller may hold threads.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        for future in as_completed([pool.submit(work) for work in works]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
