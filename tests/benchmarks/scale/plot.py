"""The courses as one picture: a column each, seconds above memory."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.benchmarks.scale.course import MOST_GROWTH, Course, Line

_COLUMN_IN, _HEIGHT_IN = 3.4, 5.8
_DPI = 130
_POINT, _LINE, _BAND = "#1f4e79", "#d0763a", "#dfe7ef"
_ROOM = 1.12
"""Axes end so much beyond the largest value."""


def draw(courses: Sequence[Course], out: Path) -> None:
    """Write a PNG: seconds with their line and R2, peaks with what is expected of them."""
    figure = Figure(figsize=(_COLUMN_IN * len(courses), _HEIGHT_IN), dpi=_DPI, layout="constrained")
    rows = figure.subplots(2, len(courses), squeeze=False)
    for seconds, memory, course in zip(*rows, courses, strict=True):
        _seconds(seconds, course)
        _memory(memory, course)
    rows[0][0].set_ylabel("seconds")
    rows[1][0].set_ylabel("peak memory of its process, MB")
    figure.savefig(out)


def _seconds(axes: Axes, course: Course) -> None:
    line = course.line
    axes.set_title(course.title, fontsize=10)
    _points(axes, course, course.seconds)
    _line(axes, line)
    axes.set_ylim(0, max(course.seconds) * _ROOM)
    _note(axes, f"R² {line.r2:.4f}\n{_each(line.each)} each {line.none:+.2f} s")


def _memory(axes: Axes, course: Course) -> None:
    highest = max(course.peak_mb)
    if course.memory == "constant":
        limit = course.peak_mb[0] * (1 + MOST_GROWTH)
        highest = max(highest, limit)
        axes.axhspan(0, limit, color=_BAND, linewidth=0, zorder=0)
        note = f"expected: constant\ngrows by {course.growth:.1%}"
    else:
        _line(axes, course.memory_line)
        note = f"expected: linear\n{course.memory_line.each:.1f} MB each"
    _points(axes, course, course.peak_mb)
    axes.set_ylim(0, highest * _ROOM)
    axes.set_xlabel(course.unit)
    axes.text(0.96, 0.06, note, transform=axes.transAxes, fontsize=9, ha="right", va="bottom")


def _points(axes: Axes, course: Course, values: Sequence[float]) -> None:
    axes.plot(course.amounts, values, "o", color=_POINT, markersize=6, zorder=3)
    axes.set_xlim(0, course.amounts[-1] * _ROOM)
    axes.set_xticks(list(course.amounts))
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _line(axes: Axes, line: Line) -> None:
    axes.axline((0, line.none), slope=line.each, color=_LINE, linewidth=1.2, zorder=2)


def _note(axes: Axes, text: str) -> None:
    axes.text(0.05, 0.95, text, transform=axes.transAxes, fontsize=9, ha="left", va="top")


def _each(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
