"""How long a run still takes, from the steps it has done and the lengths it was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

from handseg.commands.plan import Step

_MINUTE_S = 60.0


@dataclass
class TimeLeft:
    """Remembers how long the steps of each stage took."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def note(self, step: Step, seconds: float) -> None:
        """Remember a step that was done just now."""
        self.seconds.setdefault(step.stage, []).append(seconds)

    def of(self, steps: Sequence[Step]) -> str:
        """Say how long these steps take.

        A stage counts with the mean of its steps so far, before that with the length it was asked
        for; one that has neither is left out, and the answer says "at least".

        Returns:
            Text such as "about 7 min left", or "" where nothing is known.
        """
        expected = [self._expected(step) for step in steps]
        known = [seconds for seconds in expected if seconds is not None]
        if not known:
            return ""
        words = "about" if len(known) == len(expected) else "at least"
        total = sum(known)
        if total < _MINUTE_S:
            return f"{words} {max(1, round(total))} s left"
        return f"{words} {round(total / _MINUTE_S)} min left"

    def _expected(self, step: Step) -> float | None:
        taken = self.seconds.get(step.stage)
        if taken:
            return fmean(taken)
        return None if step.minutes is None else step.minutes * _MINUTE_S
