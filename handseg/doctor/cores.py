"""CPU cores, and how much of them a container allows."""

import math
import os
from collections.abc import Iterator

from handseg.doctor.asked import Asked
from handseg.doctor.cgroup import Groups
from handseg.doctor.check import Check, ok, warning


def look(asked: Asked, groups: Groups = Groups()) -> Iterator[Check]:  # noqa: B008 - frozen
    """Look at the cores that this process may use."""
    cores, machine = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    found = f"{cores} of {machine}" if cores < machine else str(cores)
    quota = groups.cpu_quota()
    if quota is None or quota >= cores:
        yield ok("cores", found)
        return
    threads = max(1, math.floor(quota))
    yield warning(
        "cores",
        f"{found}, of which a cgroup grants {quota:.1f} at a time",
        f"give --settings.threads {threads} to train and infer, which else start a thread for each "
        "core; or limit the container by --cpuset-cpus",
    )
