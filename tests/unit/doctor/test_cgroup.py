"""Limits are read as the kernel writes them, and the tightest group counts."""

from pathlib import Path

import pytest

from handseg.doctor import cores, memory
from handseg.doctor.asked import Asked
from handseg.doctor.cgroup import Groups


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="ascii")


@pytest.fixture
def version_2(tmp_path: Path) -> Groups:
    """A pod of 1.5 cores and 1 GB inside a slice of 8 cores, in the unified hierarchy."""
    mount = tmp_path / "cgroup"
    write(mount / "slice", cpu__max="800000 100000\n", memory__max="max\n", memory__current="5\n")
    write(
        mount / "slice" / "pod",
        cpu__max="150000 100000\n",
        memory__max="1000000000\n",
        memory__current="700000000\n",
        memory__stat="anon 500000000\ninactive_file 100000000\n",
    )
    own = tmp_path / "own"
    own.write_text("0::/slice/pod\n", encoding="ascii")
    return Groups(mount, own)


@pytest.fixture
def version_1(tmp_path: Path) -> Groups:
    """A container that sees its own groups at the mount's root, and the host's path in /proc."""
    mount = tmp_path / "cgroup"
    write(mount / "cpu,cpuacct", cpu__cfs_quota_us="50000\n", cpu__cfs_period_us="100000\n")
    write(
        mount / "memory",
        memory__limit_in_bytes="300000000\n",
        memory__usage_in_bytes="100000000\n",
        memory__stat="cache 9\ntotal_inactive_file 20000000\n",
    )
    own = tmp_path / "own"
    own.write_text("4:memory:/docker/0123\n2:cpu,cpuacct:/docker/0123\n1:name=systemd:/\n")
    return Groups(mount, own)


def test_version_2_is_read(version_2: Groups) -> None:
    assert version_2.cpu_quota() == 1.5
    # 1,000 MB allowed, 700 used, of which 100 can be dropped
    assert version_2.free_memory_bytes() == 400_000_000


def test_version_1_is_read(version_1: Groups) -> None:
    assert version_1.cpu_quota() == 0.5
    # 300 MB allowed, 100 used, of which 20 can be dropped
    assert version_1.free_memory_bytes() == 220_000_000


def test_no_limit_is_none(tmp_path: Path) -> None:
    mount, own = tmp_path / "cgroup", tmp_path / "own"
    write(mount / "cpu", cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n")
    write(
        mount / "memory",
        memory__limit_in_bytes="9223372036854771712\n",
        memory__usage_in_bytes="100\n",
    )
    own.write_text("4:memory:/\n1:cpu:/\n0::/\n")
    groups = Groups(mount, own)
    assert groups.cpu_quota() is None and groups.free_memory_bytes() is None
    assert Groups(tmp_path / "none", tmp_path / "none").cpu_quota() is None


def test_this_machines_own_groups_can_be_read() -> None:
    groups = Groups()
    quota, free = groups.cpu_quota(), groups.free_memory_bytes()
    assert quota is None or quota > 0
    assert free is None or free > 0


def test_a_quota_below_the_cores_says_how_many_threads_to_give(version_1: Groups) -> None:
    (check,) = cores.look(Asked(), version_1)
    assert check.state == "warning"
    assert "a cgroup grants 0.5 at a time" in check.found
    assert "--settings.threads 1" in check.remedy


def test_cores_without_a_quota_are_counted() -> None:
    (check,) = cores.look(Asked(), Groups(Path("/none"), Path("/none")))
    assert check.state == "ok" and check.found[0].isdecimal()


def meminfo(folder: Path, available_mb: int) -> Path:
    path = folder / "meminfo"
    path.write_text(f"MemTotal: 99 kB\nMemAvailable: {available_mb * 1000_000 // 1024} kB\n")
    return path


@pytest.mark.parametrize(
    ("available_mb", "found", "state"),
    [(4000, "4.0 GB", "ok"), (1100, "1.1 GB", "warning"), (300, "300 MB", "failed")],
)
def test_free_memory_is_judged(tmp_path: Path, available_mb: int, found: str, state: str) -> None:
    none = Groups(tmp_path / "none", tmp_path / "none")
    (check,) = memory.look(Asked(), meminfo(tmp_path, available_mb), none)
    assert check.state == state
    assert check.found == f"{found} free"


def test_a_containers_limit_counts_where_it_is_tighter(tmp_path: Path, version_1: Groups) -> None:
    (check,) = memory.look(Asked(), meminfo(tmp_path, 9000), version_1)
    assert check.state == "failed"
    assert check.found == "220 MB free under a cgroup's limit, of 9.0 GB free"
    assert "--memory" in check.remedy
