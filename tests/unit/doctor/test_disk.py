import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg.doctor import compiling, disk, room, shared_memory, temporary
from handseg.doctor.asked import Asked
from handseg.presets import catalogue
from handseg.storage.location import Location
from tests.drawing import write_tiny_dataset

Mount = Callable[[str], Path]


@pytest.fixture
def data(tmp_path: Path) -> Location:
    """Four training images and two test images of 128 px."""
    root = tmp_path / "data"
    write_tiny_dataset(root, people=2, test_people=1, size=(128, 128), seed=0)
    return Location(str(root))


def place(path: Path) -> Location:
    return Location(str(path))


def temp_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def test_nothing_asked_for_is_nothing_looked_at() -> None:
    assert [check.state for check in disk.look(Asked())] == ["not asked for"] * 2


def test_data_are_counted_by_their_headers(data: Location) -> None:
    check, _ = disk.look(Asked(data=data))
    assert check.state == "ok"
    assert check.found == f"{data}: 4 training and 2 test images of 128 x 128 px"


def test_the_first_fault_of_data_is_named(data: Location) -> None:
    image = next((data.path / "train" / "DCM").rglob("*.png"))
    image.write_bytes(b"")
    check, _ = disk.look(Asked(data=data))
    assert check.state == "failed"
    assert check.found == f"{image}: empty"
    assert f"`handseg check {data}`" in check.remedy


def test_data_that_are_not_there_are_named(tmp_path: Path) -> None:
    check, _ = disk.look(Asked(data=place(tmp_path / "none")))
    assert check.state == "failed" and "not found" in check.found


def test_need_is_cache_stores_and_csv(data: Location, tmp_path: Path) -> None:
    asked = Asked(data=data, out=place(tmp_path), preset=catalogue.load("smoke"))
    pixels = 128 * 128
    # smoke: 2 members on 2 folds, so 2 * (4 / 2 + 2) images in stores; the CSV is of 2 test images
    stores, csv = 0.085 * 2 * (4 / 2 + 2) * pixels, 0.019 * 2 * pixels
    need = room.needed(asked)
    assert need.out == pytest.approx(6 * pixels + stores + csv, abs=2)
    assert need.temp == 0
    assert need.checkpoints == 2e9


def test_a_full_disk_is_said_before_a_run(data: Location, mount: Mount) -> None:
    out = mount("size=64k") / "runs" / "first"
    _, check = disk.look(Asked(data=data, out=place(out), preset=catalogue.load("smoke")))
    assert check.state == "failed"
    # 64 kB; 98 kB of pixels, 11 of stores and 1 of CSV
    assert check.found == f"{out.parents[1]}: 66 kB free, 110 kB needed"
    assert "--preprocess.compression zstd" in check.remedy


def test_room_for_checkpoints_is_a_warning(data: Location, mount: Mount) -> None:
    out = mount("size=100m")
    _, check = disk.look(Asked(data=data, out=place(out), preset=catalogue.load("smoke")))
    assert check.state == "warning"
    assert "and up to 2.0 GB of checkpoints" in check.found


def test_a_place_that_cannot_be_written_is_named(mount: Mount) -> None:
    folder = mount("size=1m,ro")
    _, check = disk.look(Asked(out=place(folder / "run")))
    assert check.state == "failed"
    assert check.found == f"{folder} cannot be written (Read-only file system)"


def test_nothing_is_left_where_a_run_would_write(tmp_path: Path) -> None:
    _, check = disk.look(Asked(out=place(tmp_path / "runs" / "first")))
    assert check.state in ("ok", "warning")
    assert list(tmp_path.iterdir()) == []


def test_a_temp_folder_without_programs_matters_to_torch_compile(
    mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp_in(mount("size=1m,noexec"), monkeypatch)
    (check,) = temporary.look(Asked())
    assert check.state == "warning" and "noexec" in check.found
    asked = Asked(preset=catalogue.load("smoke", {"train": {"compile": True}}))
    (check,) = temporary.look(asked)
    assert check.state == "failed" and "--tmpfs /tmp:exec" in check.remedy


def test_a_small_temp_folder_is_said(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    temp_in(mount("size=1m"), monkeypatch)
    (check,) = temporary.look(Asked())
    assert check.state == "warning" and "TMPDIR" in check.remedy


def test_a_compiler_matters_to_torch_compile_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    (check,) = compiling.look(Asked())
    assert check.state == "not asked for"
    (check,) = compiling.look(Asked(preset=catalogue.load("smoke", {"infer": {"compile": True}})))
    assert check.state == "failed" and "apt-get install g++" in check.remedy
    monkeypatch.setenv("CXX", "sh")
    (check,) = compiling.look(Asked())
    assert check.state == "ok" and os.access(check.found, os.X_OK)


def test_shared_memory_too_small_for_a_presets_workers_is_said(mount: Mount) -> None:
    folder = mount("size=64m")
    asked = Asked(preset=catalogue.load("seed_eff"))
    (check,) = shared_memory.look(asked, folder)
    assert check.state == "failed"
    # batches of 2: 1024^2 and 4 * 2048^2 bytes each; 4 ahead by the worker, and 2 in use
    assert check.found == f"{folder}: 67 MB free, 214 MB needed"
    assert "--shm-size" in check.remedy and "--train.workers 0" in check.remedy


def test_shared_memory_of_a_container_is_worth_a_word(mount: Mount) -> None:
    folder = mount("size=64m")
    (check,) = shared_memory.look(Asked(), folder)
    assert check.state == "warning"
    without = Asked(preset=catalogue.load("seed_eff", {"train": {"workers": 0}}))
    (check,) = shared_memory.look(without, folder)
    assert check.state == "warning"


def test_no_shared_memory_is_named(tmp_path: Path) -> None:
    (check,) = shared_memory.look(Asked(preset=catalogue.load("seed_eff")), tmp_path / "none")
    assert check.state == "failed" and "tmpfs" in check.remedy
