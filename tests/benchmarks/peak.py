"""The most memory that a process has used."""

from pathlib import Path


def peak_mb() -> float:
    """Of this process, resident; ru_maxrss would have its parent's as well."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
