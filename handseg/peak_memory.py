"""The most memory that this process took since something began, as Linux counts it."""

import resource
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK = "VmHWM:"
"""Linux's line of the peak, in KiB; ru_maxrss would have that of the process's parent as well."""
_CLEAR = Path("/proc/self/clear_refs")
_ANEW = "5"
"""Written there, the peak begins anew at what the process holds now; see Linux's proc(5)."""


def peak_bytes() -> int:
    """The most resident memory so far, libraries included: since the last `Watch` began."""
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(_PEAK))


@dataclass(frozen=True)
class Watch:
    """Something that has begun, and whose peak is asked for at its end.

    There is one peak for a process: of two watches, one within the other, the outer one learns of
    no more than the time since the inner one began.
    """

    is_own: bool
    """Whether the peak was begun anew; otherwise it may be of something before."""
    workers_s: float
    """CPU time of the processes that had ended before."""

    @classmethod
    def begin(cls) -> "Watch":
        """Begin the peak anew, where the system lets a process do so."""
        try:
            _CLEAR.write_text(_ANEW, encoding="ascii")
        except OSError:
            return cls(is_own=False, workers_s=_ended_s())
        return cls(is_own=True, workers_s=_ended_s())

    def record(self) -> dict[str, object]:
        """What is known at the end, JSON-shaped.

        Returns:
            `peak_bytes` and `is_own`; and, where a process that this one had started has ended in
            the meantime, `worker_most_bytes`, which none of them exceeded: the system keeps one
            such number, of all that ever ended.
        """
        found: dict[str, object] = {"peak_bytes": peak_bytes(), "is_own": self.is_own}
        if _ended_s() > self.workers_s:
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            found["worker_most_bytes"] = most
        return found


def _ended_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
