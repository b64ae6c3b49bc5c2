"""A whole run SIGKILLed at a random moment and called again: an uninterrupted one's bytes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from handseg.storage.sums import file_sha256
from tests.faults.command import handseg
from tests.faults.figures import struck
from tests.faults.figures.figure import Figure, Provoke, Trial
from tests.timed import is_timed

HANDS = ("--people", "4", "--test-people", "1", "--size", "160", "--seed", "5")
FEW_STEPS = (
    *("--preset", "smoke", "--train.length", 60, "--train.learning_rate", "1e-2"),
    *("--train.checkpoint_minutes", 0.005),
)


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Run twice without interruption; gives what kills a third run and calls it again."""
    data = shared / "data"
    handseg("demo-data", data, *HANDS).must(0)

    def words(out: Path) -> tuple[object, ...]:
        return ("run", "--data", data, "--out", out, *FEW_STEPS)

    handseg(*words(shared / "first")).must(0)
    length_s = handseg(*words(shared / "whole")).must(0).seconds
    wanted = hashes(shared / "whole")
    assert differing(hashes(shared / "first"), wanted) == []

    def provoke(folder: Path, generator: np.random.Generator) -> Trial:
        killed = struck.at_random(words, folder, generator, length_s=length_s)
        happened, ok = called_again(words(killed.out), killed.out, wanted)
        return killed.trial(happened, ok=ok)

    yield provoke


def called_again(words: Sequence[object], run: Path, wanted: dict[str, str]) -> tuple[str, bool]:
    """Call the command of a killed run again; gives what happened, and whether all is equal."""
    before = _stopped_in(run)
    again = handseg(*words).must(0)
    other = differing(hashes(run), wanted)
    end = f"differing: {other}" if other else f"all {len(wanted)} files are equal"
    return f"{before}; called again it took {again.seconds:.1f} s, {end}", not other


def hashes(run: Path) -> dict[str, str]:
    """SHA-256 of every file that holds no times, by name; of those that do, the names alone."""
    files = [path for path in run.rglob("*") if path.is_file()]
    return {
        path.relative_to(run).as_posix(): "" if is_timed(path.name) else file_sha256(path)
        for path in files
    }


def differing(found: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Names of files that are not in both, or not equal."""
    return sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))


def _stopped_in(run: Path) -> str:
    """What the killed run had made, or begun."""
    made = sorted(path.relative_to(run).as_posix() for path in run.rglob("run.json"))
    if not run.exists():
        return "nothing was made yet"
    begun = [path.name for path in (run / "members").glob("*.partial")]
    return f"{len(made)} folders were made" + (f", {begun[0]} was begun" if begun else "")


FIGURE = Figure(
    title="a whole run killed at a random moment, and the same command again",
    claim="runs killed by SIGKILL and called again ended with the bytes of an uninterrupted one: "
    "submission.csv, fold table, cache, weights and stores",
    prepare=prepare,
)
