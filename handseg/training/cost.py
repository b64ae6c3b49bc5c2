"""What a training took. Only run.json holds it, so that equal trainings give equal checkpoints."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Lap:
    """What a training had taken at one line of its history."""

    step: int
    seconds: float
    """Training time so far, in seconds, over all resumptions."""
    data_wait: float | None = None
    """Part of the steps' time since the line before that was waited for images, in [0, 1]; None
    where it was not measured."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a whole training took."""

    seconds: float
    """For all steps and validations, over all resumptions."""
    peak_memory_bytes: int
    """The most that a training process used: of the GPU's memory, or without one of the CPU's."""
    laps: list[Lap] = field(default_factory=list)
    """One for each line of the card's history."""
