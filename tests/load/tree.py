"""A command with all the processes that it starts: its time, and the most memory of all of them."""

import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_EVERY_S = 0.1
_OLD_S = 1.0
"""A process younger than this may be its parent still, about to become another program."""
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
_PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""torch's threads wait for each other asleep: awake, beside other work, 50 small images took 117 s
instead of 45, and three times the processor's."""
_PROC = Path("/proc")
_TOLD = 4000
"""Characters of a failed command's output."""


@dataclass(frozen=True)
class Taken:
    """What a command took."""

    seconds: float
    """From its start to its end, imports included."""
    cpu_s: float
    """Of all cores, which other work on the machine hardly changes."""
    peak_mb: float
    """Most resident memory of all its processes at one time; what they share counts in each."""
    files: int
    """Most file descriptors that one of them had open."""


def measure(words: Sequence[str], *, temp: Path) -> Taken:
    """Run `handseg WORDS` and watch it.

    Args:
        words: of the command line.
        temp: TMPDIR of the command.

    Raises:
        RuntimeError: it fails, with what it said.
    """
    log = temp.with_name(f"{temp.name}.log")
    command = [sys.executable, "-m", "handseg", *words]
    begun, used = time.perf_counter(), _cpu_of_children_s()
    variables = {**os.environ, **_PATIENT, "TMPDIR": str(temp)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=variables)
        peak_mb, files = _watched(process)
    seconds = time.perf_counter() - begun
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-_TOLD:]
        raise RuntimeError(f"handseg {' '.join(words)}: exit code {process.returncode}\n{said}")
    return Taken(seconds, _cpu_of_children_s() - used, peak_mb, files)


def _cpu_of_children_s() -> float:
    """Of those that have ended, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watched(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    """Most memory in MB and most files until a process ends."""
    peak_mb, files = 0.0, 0
    first_seen: dict[int, float] = {}
    while process.poll() is None:
        now = time.monotonic()
        tree = [process.pid, *_descendants(process.pid)]
        grown = [pid for pid in tree if now - first_seen.setdefault(pid, now) >= _OLD_S]
        together = sum(map(_resident_mb, grown))
        # Of one process Linux itself keeps the most, which sampling may miss.
        peak_mb = max(peak_mb, together, *map(_most_resident_mb, tree))
        files = max(files, *map(_open_files, tree))
        time.sleep(_EVERY_S)
    return peak_mb, files


def _descendants(root: int) -> Iterator[int]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            # The fields after the name, which may hold anything: state, parent, ...
            fields = _text(int(entry.name), "stat").rpartition(")")[2].split()
            if fields:
                children[int(fields[1])].append(int(entry.name))
    waiting = [root]
    while waiting:
        found = children[waiting.pop()]
        waiting += found
        yield from found


def _resident_mb(pid: int) -> float:
    fields = _text(pid, "statm").split()
    return int(fields[1]) * _PAGE_MB if fields else 0.0


def _most_resident_mb(pid: int) -> float:
    lines = _text(pid, "status").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _open_files(pid: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in (_PROC / str(pid) / "fd").iterdir())
    return 0


def _text(pid: int, name: str) -> str:
    """One of /proc's files of a process; empty where it has ended."""
    with suppress(OSError):
        return (_PROC / str(pid) / name).read_text(encoding="utf-8", errors="replace")
    return ""
