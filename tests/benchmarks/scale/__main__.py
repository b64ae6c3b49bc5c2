"""`make scale`: cost against images, members and people, each amount in a process of its own."""

import json as jsons
import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jsonargparse import auto_cli

from tests import machine
from tests.benchmarks.scale.course import Course
from tests.benchmarks.scale.plans import PLANS, Plan, inputs_in
from tests.benchmarks.scale.plot import draw


def scale(*, out: Path = Path("runs/scale.png"), json: Path | None = None) -> int:
    """Measure, print and draw every course.

    Args:
        out: PNG to draw.
        json: File to write the figures to.

    Returns:
        0 where seconds are linear and memory is constant where it must be, else 1.
    """
    # The small member's findings are true, and of no interest here.
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    out.parent.mkdir(parents=True, exist_ok=True)
    courses = list(_measured(PLANS))
    draw(courses, out)
    if json:
        json.write_text(written(courses), encoding="utf-8")
    faults = [fault for course in courses for fault in course.faults]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _measured(plans: Sequence[Plan]) -> Sequence[Course]:
    courses = []
    with tempfile.TemporaryDirectory(prefix="handseg-scale-") as place:
        folder = Path(place)
        inputs = inputs_in(folder)
        for plan in plans:
            courses.append(plan.measure(inputs, folder / "work"))
            print(courses[-1], flush=True)
    return courses


def written(courses: Sequence[Course]) -> str:
    """The figures for machines, with what they were measured on."""
    lines = [
        {
            **asdict(course),
            "seconds_each": course.line.each,
            "seconds_none": course.line.none,
            "r2": course.line.r2,
            "memory_growth": course.growth,
            "faults": course.faults,
        }
        for course in courses
    ]
    return jsons.dumps({**machine.described(), "courses": lines}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(auto_cli(scale, as_positional=False))
