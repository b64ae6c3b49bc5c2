"""A headline figure: a fault provoked again and again, and how often all ended as it must.

A module here is one figure: a context manager that prepares what the trials share and gives the
function that provokes one of them, and a line in `__main__.FIGURES`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One time that the fault was provoked."""

    at: str
    """When or where, in a few words."""
    happened: str
    ok: bool
    seconds: float | None = None
    """What `Figure.seconds` says; None where that was not measured."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What else was counted, by what it is called; added up over all trials."""


Provoke: TypeAlias = Callable[[Path, np.random.Generator], Trial]
"""Provokes the fault once in an empty folder; the generator decides when. An AssertionError is a
trial that was missed."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What is provoked, and what is claimed of it."""

    title: str
    claim: str
    """What the closing line says after "20 of 20"."""
    prepare: Callable[[Path], AbstractContextManager[Provoke]]
    """Given an empty folder for what the trials share."""
    at_once: int = 1
    """Trials at the same time, where most of one is waiting."""
    seconds: str = ""
    """Of what the trials measure the seconds, such as "from SIGTERM to exit"."""
