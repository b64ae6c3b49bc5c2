"""Small disks, where these tests may mount them."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

Mount = Callable[[str], Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a tmpfs by its options, such as `size=1m`, and takes it away after the test."""
    if os.geteuid():
        pytest.skip("only root may mount a small disk")
    with ExitStack() as stack:

        def mounted(options: str) -> Path:
            folder = tmp_path / "disk"
            folder.mkdir()
            words = ["mount", "-t", "tmpfs", "-o", options, "handseg-test", str(folder)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"no small disk can be mounted: {done.stderr.strip()}")
            stack.callback(subprocess.run, ["umount", str(folder)], check=True)
            return folder

        yield mounted
