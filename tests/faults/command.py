"""`handseg ...` as a user calls it: a process of its own, its exit code and what it said."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[2]
_LIMIT_S = 300.0
_POLL_S = 0.005


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    said: str
    """What it wrote to stdout and stderr."""
    seconds: float

    def must(self, code: int, *words: object) -> "Ended":
        """Assert the exit code, what must stand in the message, and that no traceback does."""
        assert self.code == code, f"exit {self.code}, not {code}:\n{self.said}"
        missing = [str(word) for word in words if str(word) not in self.said]
        assert not missing, f"{missing} is not in:\n{self.said}"
        assert "Traceback" not in self.said, self.said
        return self

    @property
    def last_line(self) -> str:
        """The last line it said, for the table."""
        return self.said.strip().splitlines()[-1] if self.said.strip() else ""


def start(
    *words: object,
    variables: Mapping[str, str] = MappingProxyType({}),
    cwd: Path | None = None,
    prefix: tuple[str, ...] = (),
) -> subprocess.Popen[str]:
    """Start a command; `prefix` are words before it, such as `unshare`."""
    whole = (*prefix, sys.executable, "-m", "handseg", *words)
    return start_program(*whole, variables=variables, cwd=cwd)


def start_program(
    *words: object, variables: Mapping[str, str] = MappingProxyType({}), cwd: Path | None = None
) -> subprocess.Popen[str]:
    """Start any program, with the tests and the product to be found by Python."""
    return subprocess.Popen(
        list(map(str, words)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )


def wait(process: subprocess.Popen[str], *, limit_s: float = _LIMIT_S) -> Ended:
    """Wait for a command's end; one that hangs is killed and fails the test."""
    began = time.monotonic()
    try:
        said, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        raise AssertionError(f"still running after {limit_s} s:\n{said}") from None
    return Ended(process.returncode, said, time.monotonic() - began)


def handseg(
    *words: object,
    variables: Mapping[str, str] = MappingProxyType({}),
    cwd: Path | None = None,
    prefix: tuple[str, ...] = (),
) -> Ended:
    """Run a command to its end."""
    return wait(start(*words, variables=variables, cwd=cwd, prefix=prefix))


def measured(*words: object) -> tuple[Ended, float]:
    """Run a command that says little to its end; also gives its peak memory in MB, resident."""
    began, peak_kib = time.monotonic(), 0
    process = start(*words)
    status = Path(f"/proc/{process.pid}/status")
    # Its high-water mark, looked at until it ends; ru_maxrss would have this process's as well.
    while process.poll() is None and time.monotonic() - began < _LIMIT_S:
        lines = status.read_text(encoding="ascii").splitlines()
        peak_kib = next((int(x.split()[1]) for x in lines if x.startswith("VmHWM:")), peak_kib)
        time.sleep(_POLL_S)
    ended = wait(process, limit_s=1)
    return Ended(ended.code, ended.said, time.monotonic() - began), peak_kib / 1024


def until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something is so while a command runs."""
    limit = time.monotonic() + _LIMIT_S
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < limit
        time.sleep(_POLL_S)
