"""`import cv2` needs no libGL: docker/install-opencv.sh left the headless build in the folder."""

import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILDS = ("opencv-python", "opencv-python-headless")
REMEDY = "run docker/install-opencv.sh PYTHON, or any make target"


@pytest.fixture(scope="module")
def linked() -> str:
    """What the loader finds for cv2's shared object and for the libraries beside it."""
    spec = find_spec("cv2")
    assert spec is not None and spec.submodule_search_locations is not None
    (shared_object,) = Path(spec.submodule_search_locations[0]).glob("cv2*.so")
    done = subprocess.run(["ldd", str(shared_object)], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("library", ["libGL.so", "libQt5", "libX11", "libxcb"])
def test_no_display_library_is_linked(linked: str, library: str) -> None:
    assert "libc.so" in linked
    assert library not in linked, REMEDY


def test_everything_linked_is_found(linked: str) -> None:
    assert "not found" not in linked


def test_both_builds_are_recorded_in_the_pinned_version() -> None:
    pins = (ROOT / "docker" / "constraints.txt").read_text(encoding="utf-8").split()
    versions = {build: metadata.version(build) for build in BUILDS}
    assert len(set(versions.values())) == 1
    assert all(f"{build}=={version}" in pins for build, version in versions.items())


def test_pip_is_content() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_one_place_decides() -> None:
    for name in ("Makefile", "docker/cpu.Dockerfile", "docker/gpu.Dockerfile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "install-opencv.sh" in text, name
        assert "opencv-python" not in text, name
