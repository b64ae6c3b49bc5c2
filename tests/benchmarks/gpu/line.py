"""One figure of the comparison, as machines read it."""

from dataclasses import dataclass
from typing import Literal

Aim = Literal["ratio", "least", "most"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A name that stays, both sides, and whether the goal is met."""

    name: str
    about: str
    unit: str
    baseline: float | None
    """None where the plain form has no such figure."""
    ours: float
    ratio: float | None
    """How many times better ours is, whether more or less is better."""
    goal: float
    aim: Aim
    """The goal is the least ratio, or the least or the most of ours."""
    met: bool | None
    """None where this device cannot tell."""
    reason: str = ""


def faster(name: str, about: str, *, baseline: float, ours: float, unit: str, goal: float) -> Line:
    """More of ours is better."""
    ratio = ours / baseline
    return Line(
        name=name, about=about, unit=unit, baseline=baseline, ours=ours, ratio=ratio,
        goal=goal, aim="ratio", met=ratio >= goal,
    )  # fmt: skip


def smaller(name: str, about: str, *, baseline: float, ours: float, unit: str, goal: float) -> Line:
    """Less of ours is better."""
    ratio = baseline / ours
    return Line(
        name=name, about=about, unit=unit, baseline=baseline, ours=ours, ratio=ratio,
        goal=goal, aim="ratio", met=ratio >= goal,
    )  # fmt: skip


def share(
    name: str, about: str, *, ours: float, goal: float, aim: Aim, baseline: float | None = None
) -> Line:
    """A part of a whole."""
    return Line(
        name=name, about=about, unit="", baseline=baseline, ours=ours,
        ratio=ours / baseline if baseline else None,
        goal=goal, aim=aim, met=ours >= goal if aim == "least" else ours <= goal,
    )  # fmt: skip
