"""What a container or a service manager allows this process: cgroup limits, versions 1 and 2.

In a container the path that /proc names may be the host's, which cannot be seen there; what can is
the container's own group, at the root of the mount. So every group up to the root counts, as it
does in the kernel: the least limit holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
_NO_LIMIT = 1 << 60
"""Version 1 says so by a number near 2^63."""


@dataclass(frozen=True)
class Groups:
    """Where the groups of a process are read."""

    mount: Path = MOUNT
    own: Path = OWN_GROUPS

    def cpu_quota(self) -> float | None:
        """Cores' worth of time that may be used at once; None without a limit."""
        quotas = [_quota_2(folder) for folder in self._folders("")]
        quotas += [_quota_1(folder) for folder in self._folders("cpu")]
        return min((quota for quota in quotas if quota is not None), default=None)

    def free_memory_bytes(self) -> int | None:
        """What is left under the tightest memory limit; None without a limit.

        Files that the kernel keeps in memory and can drop count as free.
        """
        left = [
            _left(f, "memory.max", "memory.current", "inactive_file") for f in self._folders("")
        ]
        left += [
            _left(f, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            for f in self._folders("memory")
        ]
        return min((number for number in left if number is not None), default=None)

    def _folders(self, controller: str) -> Iterator[Path]:
        """The process's group of a controller ("" is version 2) and all above it."""
        if not self.own.is_file():
            return
        for line in self.own.read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                root = self.mount / controllers
                inside = root / path.strip("/")
                yield inside
                yield from (parent for parent in inside.parents if parent.is_relative_to(root))


def _quota_2(folder: Path) -> float | None:
    words = _words(folder / "cpu.max")
    return None if len(words) < 2 or words[0] == "max" else int(words[0]) / int(words[1])


def _quota_1(folder: Path) -> float | None:
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return quota / period if quota is not None and quota > 0 and period else None


def _left(folder: Path, limit: str, usage: str, reclaimable: str) -> int | None:
    allowed, used = _number(folder / limit), _number(folder / usage)
    if allowed is None or used is None or allowed >= _NO_LIMIT:
        return None
    words = _words(folder / "memory.stat")
    kept = dict(zip(words[::2], words[1::2], strict=False)).get(reclaimable, "0")
    return max(0, allowed - used + int(kept))


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0] != "max" else None


def _words(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").split() if path.is_file() else []
