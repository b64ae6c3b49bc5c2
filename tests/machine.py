"""What figures are measured on."""

import os
import re
from pathlib import Path


def described() -> dict[str, str | int]:
    """The processor as the system names it, and how many cores this process may use."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    return {"cpu": found[1] if found else "unknown", "cores": len(os.sched_getaffinity(0))}
