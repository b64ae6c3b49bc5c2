"""Which process of which machine something belongs to, and whether that one lives."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process as others on its machine find it again."""

    machine: str
    """A kernel since it started, and what numbers mean in it: containers have numbers of their
    own. Empty where that cannot be told."""
    number: int
    started: str
    """In the kernel's ticks; numbers are used again."""

    @classmethod
    def here(cls) -> "Process":
        """This process."""
        return cls(_machine(), os.getpid(), _started(os.getpid()))

    @classmethod
    def of(cls, record: Mapping[str, object]) -> "Process":
        """Read what `record` gave from its entry `process`; of no known machine where damaged."""
        match record.get("process"):
            case [str(machine), int(number), str(started)]:
                return cls(machine, number, started)
        return cls("", 0, "")

    def record(self) -> list[str | int]:
        """JSON-shaped."""
        return [self.machine, self.number, self.started]

    def is_here(self) -> bool:
        """Whether it lives on this machine."""
        return self._can_be_told() and _started(self.number) == self.started

    def has_ended(self) -> bool:
        """Whether it was on this machine and lives no more."""
        return self._can_be_told() and _started(self.number) != self.started

    def _can_be_told(self) -> bool:
        return bool(self.machine) and self.machine == _machine()


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(number: int) -> str:
    """When a process began, or empty where there is none."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name of the program stands in brackets, and may hold blanks and brackets itself.
    state, *rest = text.rpartition(")")[2].split()
    return "" if state in ("Z", "X") else rest[18]
