"""What a case takes of memory: the most that is resident, and a limit of addresses."""

import os
import resource
from pathlib import Path

_LIMIT_BYTES = 4 << 30
"""Of addresses, beside those in use: allocations beyond it fail, before the machine suffers."""
_PAGE = resource.getpagesize()


class Memory:
    """Watches the resident memory of this process, case by case.

    From the beginning of a case: the fuzzer itself keeps more and more.
    """

    def __init__(self, most_mib: int) -> None:
        self._now = os.open("/proc/self/statm", os.O_RDONLY)
        pages = int(os.pread(self._now, 64, 0).split()[0])
        limit = pages * _PAGE + _LIMIT_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        self._most = most_mib << 20
        _forget()
        self.begin()

    def begin(self) -> None:
        """A case begins."""
        self._before = int(os.pread(self._now, 64, 0).split()[1]) * _PAGE
        self._peak_before = _peak()

    def beyond(self) -> int:
        """MiB that the case has taken, where they are more than allowed, else 0."""
        peak = _peak()
        if peak == self._peak_before or peak - self._before <= self._most:
            return 0
        _forget()
        return peak - self._before >> 20


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _forget() -> None:
    """Let the most be what is resident now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
