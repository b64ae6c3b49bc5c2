"""What may break a process is tried in one of its own."""

import subprocess
import sys

_LIMIT_S = 120
_TOLD = 300


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with words after it, and wait for two minutes at most."""
    try:
        return subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 1, "", f"still running after {_LIMIT_S} s")


def import_failure(module: str) -> str:
    """Why a module cannot be imported; empty where it can."""
    return failure(run("-c", f"import {module}"))


def failure(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of what a process said before it failed; empty where it did not."""
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return lines[-1][:_TOLD]
