import base64
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg.tracking.tensorboard import TensorBoard
from handseg.tracking.tracker import About, Entry
from tests.unit.tracking import events

ABOUT = About(member="fold0", settings={}, tags={}, training="0123456789abcdef" * 2)


def entries(*steps: int, add: float = 0.0) -> list[Entry]:
    return [Entry(step=step, time_s=7.0, values={"loss": step + add}) for step in steps]


def test_tensorboard_reads_scalars_with_steps_and_times(tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path / "new" / "tb")
    tracker.open(ABOUT, 1)
    tracker.take(entries(1, 2))
    tracker.close("finished")
    found = events.read(tmp_path / "new" / "tb" / "fold0-01234567")
    assert [(e.step, e.value, e.wall_time) for e in found.Scalars("loss")] == [
        (1, 1.0, 7.0),
        (2, 2.0, 7.0),
    ]


def test_what_is_told_again_replaces_what_a_killed_process_wrote(tmp_path: Path) -> None:
    killed = TensorBoard(tmp_path)
    killed.open(ABOUT, 1)
    killed.take(entries(1, 2, 3, 4))
    killed.close("stopped")
    (path,) = (tmp_path / "fold0-01234567").iterdir()
    # As a process leaves it that is killed while it writes.
    path.write_bytes(path.read_bytes()[:-5])
    resumed = TensorBoard(tmp_path)
    resumed.open(ABOUT, 3)
    resumed.take(entries(3, 4, 5, add=0.5))
    resumed.close("finished")
    found = events.read(tmp_path / "fold0-01234567")
    assert [(e.step, e.value) for e in found.Scalars("loss")] == [
        (1, 1.0), (2, 2.0), (3, 3.5), (4, 4.5), (5, 5.5),
    ]  # fmt: skip


def test_pictures_are_shown_as_they_are(tmp_path: Path) -> None:
    pixels = np.zeros((3, 5, 3), np.uint8)
    png = cv2.imencode(".png", pixels)[1].tobytes()
    shown = Entry(step=4, time_s=0.0, values={}, pictures={"a.png": base64.b64encode(png).decode()})
    tracker = TensorBoard(tmp_path)
    tracker.open(ABOUT, 4)
    tracker.take([shown])
    tracker.close("finished")
    (image,) = events.read(tmp_path / "fold0-01234567").Images("held_out/a.png")
    assert (image.step, image.width, image.height) == (4, 5, 3)
    assert image.encoded_image_string == png


def test_a_folder_that_is_gone_is_a_failure_that_it_declares(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    tracker = TensorBoard(tmp_path / "file")
    with pytest.raises(tracker.failures):
        tracker.open(ABOUT, 1)


def test_a_full_disk_is_a_failure_and_a_new_file_begins_when_there_is_room(tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.open(ABOUT, 1)
    tracker.take(entries(1))
    assert tracker._writer is not None
    with Path("/dev/full").open("wb", buffering=0) as full:
        room = tracker._writer._py_recordio_writer._writer
        tracker._writer._py_recordio_writer._writer = full
        with pytest.raises(OSError, match="No space left"):
            tracker.take(entries(2))
        room.close()
        tracker.open(ABOUT, 2)
    tracker.take(entries(2, 3))
    tracker.close("finished")
    found = events.read(tmp_path / "fold0-01234567")
    assert [e.step for e in found.Scalars("loss")] == [1, 2, 3]
