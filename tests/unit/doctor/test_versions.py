"""Packages are read from installed metadata: here from a folder of it that goes before."""

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg.doctor import opencv, requirements, versions
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check
from handseg.presets import catalogue

ROOT = Path(__file__).parents[3]
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lays a package's metadata before what is installed."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def lay(name: str, version: str, *lines: str) -> None:
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        text = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *lines]
        (folder / "METADATA").write_text("\n".join(text) + "\n", encoding="utf-8")

    return lay


def looked(asked: Asked = Asked()) -> dict[str, Check]:  # noqa: B008 - frozen
    return {check.name: check for check in versions.look(asked)}


def test_what_is_installed_here_is_what_handseg_asks_for() -> None:
    found = looked()
    assert {check.state for check in found.values()} <= {"ok", "not asked for"}
    assert found["packages"].found.startswith("handseg 0.")
    assert found["python"].found == ".".join(map(str, sys.version_info[:3]))


def test_every_extra_of_the_project_is_looked_at() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - {"dev"}
    assert {name for name in looked() if "[" in name} == {f"packages[{e}]" for e in extras}


def test_a_missing_and_an_old_package_are_named_with_the_command(install: Install) -> None:
    install("handseg", "9.0", "Requires-Dist: numpy>=99", "Requires-Dist: no-such-thing>=1")
    check = looked()["packages"]
    assert check.state == "failed"
    assert "no-such-thing is missing" in check.found
    assert ", not >=99" in check.found
    assert check.remedy == "pip install 'numpy>=99' 'no-such-thing>=1'"


def test_an_extra_counts_where_it_is_asked_for(install: Install) -> None:
    lines = ["Provides-Extra: train", 'Requires-Dist: no-such-torch>=2; extra == "train"']
    install("handseg", "9.0", *lines)
    assert looked()["packages[train]"].state == "not asked for"
    check = looked(Asked(preset=catalogue.load("demo")))["packages[train]"]
    assert check.state == "failed"
    assert check.found == "no-such-torch is missing"
    assert check.remedy.startswith("pip install 'no-such-torch>=2'; train, infer")


def test_an_extra_that_the_installed_handseg_does_not_know_is_not_well(install: Install) -> None:
    install("handseg", "9.0")
    check = looked()["packages[view]"]
    assert check.state == "not asked for" and check.remedy.startswith("install it again")


def test_another_version_than_the_one_that_works_is_a_warning(install: Install) -> None:
    install("albumentations", "2.0.9")
    check = looked()["packages[train]"]
    assert check.state == "warning"
    assert check.found == "albumentations is 2.0.9, not ==2.0.8"


def test_another_python_is_refused(install: Install) -> None:
    install("handseg", "9.0", "Requires-Python: >=4")
    check = looked()["python"]
    assert check.state == "failed" and check.remedy == "run handseg by Python >=4"


def test_the_headless_files_win_here() -> None:
    (check,) = opencv.look(Asked())
    assert check.state == "ok"
    assert check.found.endswith("files of opencv-python-headless")
    assert opencv.lies_there(opencv.HEADLESS) and not opencv.lies_there(opencv.FULL)


def test_two_versions_of_opencv_are_refused(install: Install) -> None:
    install("opencv-python", "4.0.0.1")
    (check,) = opencv.look(Asked())
    assert check.state == "failed"
    assert "opencv-python 4.0.0.1" in check.found and "two versions" in check.found
    version = requirements.pinned("opencv-python")
    assert f"--no-deps opencv-python-headless=={version}" in check.remedy


def test_files_of_the_other_build_are_a_warning(install: Install) -> None:
    version = str(requirements.installed(opencv.HEADLESS))
    install("opencv-python-headless", version)  # whose record has no library
    (check,) = opencv.look(Asked())
    assert check.state == "warning"
    assert "the files of neither lie there, and need libGL" in check.found


def test_a_library_that_cannot_be_loaded_is_quoted(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (check,) = opencv.look(Asked())
    assert check.state == "failed"
    assert "libGL.so.1: cannot open shared object" in check.found
    assert "apt-get install libgl1" in check.remedy
