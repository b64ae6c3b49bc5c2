"""Processes that give a target its cases, one after the other, also where one died."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.fuzz import counts, found
from tests.fuzz.counts import Counts
from tests.fuzz.found import Found

JOURNAL, FOUND = "journal", "found"
_MOST_CASES = 20_000
"""Of one process: atheris keeps some memory of each."""
_MOST_DEATHS = 5
"""After so many, a target's other cases are left undone."""
_LOG_LINES = 60


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a child is to do, as it goes through the command line."""

    target: str
    cases: int
    seed: int
    corpus: str
    """Folder of inputs that libFuzzer keeps, as each went where none had gone before."""
    folder: str
    """Empty; for its journal and what it finds."""


class Fuzzed:
    """One target's cases, while they are done and after."""

    def __init__(self, target: str, *, cases: int, seed: int, folder: Path) -> None:
        """Begin nothing yet; `run` does it all.

        Args:
            target: its name.
            cases: how many.
            seed: of the first process; every other one has the next.
            folder: empty.
        """
        self.target, self.cases = target, cases
        self._seed, self._folder = seed, folder
        self._corpus = folder / "corpus"
        self._before = Counts()
        self._deaths: list[Found] = []
        self._folders: list[Path] = []

    @property
    def counts(self) -> Counts:
        """Of all its processes so far."""
        if not self._folders:
            return Counts()
        return self._before + counts.read(self._folders[-1] / JOURNAL)[0]

    @property
    def found(self) -> list[Found]:
        """Every kind of finding with its smallest input."""
        smallest: dict[str, Found] = {}
        kept = [one for folder in self._folders for one in found.read(folder / FOUND)]
        for one in (*self._deaths, *kept):
            other = smallest.setdefault(one.what, one)
            if len(one.content) < len(other.content):
                smallest[one.what] = one
        return sorted(smallest.values(), key=lambda one: one.what)

    def run(self) -> None:
        """Do all cases.

        Raises:
            RuntimeError: a process died outside of the reader.
        """
        self._corpus.mkdir(parents=True)
        while self.counts.cases < self.cases and len(self._deaths) < _MOST_DEATHS:
            self._before = self.counts
            folder = self._folder / str(len(self._folders))
            folder.mkdir()
            self._folders.append(folder)
            self._one(folder)

    def _one(self, folder: Path) -> None:
        order = Order(
            target=self.target,
            cases=min(_MOST_CASES, self.cases - self._before.cases),
            seed=self._seed + len(self._folders) - 1,
            corpus=str(self._corpus),
            folder=str(folder),
        )
        log = folder / "log"
        with log.open("wb") as file:
            code = subprocess.run(
                [sys.executable, "-m", "tests.fuzz.alone", json.dumps(asdict(order))],
                stdout=file,
                stderr=file,
                # So that sets are walked in the same order by the same seed.
                env={**os.environ, "PYTHONHASHSEED": "0"},
            ).returncode
        done, content = counts.read(folder / JOURNAL)
        said = "\n".join(
            log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
        )
        if content is not None:
            self._deaths.append(Found(_death(code), said, content))
            self._before += replace(Counts(), fell_out=1)
        elif code or done.cases < order.cases:
            raise RuntimeError(
                f"{self.target}: ended with code {code} outside of the reader\n{said}"
            )


def _death(code: int) -> str:
    if code < 0:
        return f"the process dies of {signal.Signals(-code).name}"
    return "never ends" if code == 70 else f"the process ends with code {code}"
