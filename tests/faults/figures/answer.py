"""A figure's trials as a table, a closing line, and JSON for machines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

from handseg import program, progress
from tests import machine
from tests.faults.figures.figure import Figure, Trial


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All trials of a figure."""

    name: str
    figure: Figure
    trials: Sequence[Trial]
    seed: int
    took_s: float
    """All trials together, and what they share."""

    @property
    def met(self) -> int:
        """Trials that ended as they must."""
        return sum(trial.ok for trial in self.trials)

    @property
    def is_met(self) -> bool:
        """Whether all did."""
        return self.met == len(self.trials) > 0

    @property
    def counts(self) -> dict[str, int]:
        """What all trials counted together."""
        return dict(sum((Counter(trial.counts) for trial in self.trials), Counter()))

    @property
    def closing(self) -> str:
        """The figure in one line."""
        counted = [f"{count} x {name}" for name, count in self.counts.items()]
        text = f"{self.met} of {len(self.trials)} {self.figure.claim}"
        text = "; ".join([text, ", ".join(counted)] if counted else [text])
        seconds = [trial.seconds for trial in self.trials if trial.seconds is not None]
        if not seconds:
            return text
        return (
            f"{text}; {self.figure.seconds} {mean(seconds):.1f} s in the mean, "
            f"{max(seconds):.1f} s at most"
        )

    def show(self) -> None:
        """Print a table of the trials and the closing line."""
        table = Table(title=self.figure.title)
        for title in ("", "when", "what happened", "seconds", ""):
            table.add_column(title)
        for number, trial in enumerate(self.trials, 1):
            seconds = "" if trial.seconds is None else f"{trial.seconds:.1f}"
            verdict = "ok" if trial.ok else "MISSED"
            table.add_row(str(number), trial.at, trial.happened, seconds, verdict)
        console = Console(width=160)
        console.print(table)
        console.print(f"{self.closing} (in {progress.format_seconds(self.took_s)})")

    def write(self, folder: Path) -> None:
        """Write NAME.json."""
        folder.mkdir(parents=True, exist_ok=True)
        value = {
            "figure": self.name,
            "closing": self.closing,
            "met": self.met,
            "of": len(self.trials),
            "seed": self.seed,
            "counts": self.counts,
            "seconds": round(self.took_s, 1),
            "commit": program.commit(),
            **machine.described(),
            "trials": [asdict(trial) for trial in self.trials],
        }
        text = dumps(value, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{self.name}.json").write_text(text, encoding="utf-8")
