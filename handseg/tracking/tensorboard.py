"""TensorBoard's event files, one folder for each training, written by tensorboardX."""

import base64
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary

from handseg.tracking.tracker import About, End, Entry

_DIGITS = 8
"""Of the training's id in its folder's name."""
_RGB = 3
_SIZE_AT = 16
"""Where a PNG says its width and height."""


class TensorBoard:
    """Writes a training's events; each opening begins a file that takes back what it repeats."""

    title = "TensorBoard"
    failures = (OSError, ValueError)

    def __init__(self, folder: Path) -> None:
        """Begin.

        Args:
            folder: what `tensorboard --logdir` is given.
        """
        self._folder = folder
        self._writer: EventsWriter | None = None

    def open(self, about: About, first: int) -> None:
        """See `Tracker`."""
        self._leave()
        folder = self._folder / f"{about.member}-{about.training[:_DIGITS]}"
        folder.mkdir(parents=True, exist_ok=True)
        # Files are read in the order of their names, which begin with the second.
        ending = f".{first:08d}.{os.getpid()}"
        self._writer = EventsWriter(str(folder / "events"), filename_suffix=ending)
        start = SessionLog(status=SessionLog.START)
        self._writer.write_event(Event(step=first, session_log=start))
        self._writer.flush()

    def take(self, entries: Sequence[Entry]) -> None:
        """See `Tracker`."""
        if self._writer is None:
            raise ValueError("not open")
        for entry in entries:
            event = Event(step=entry.step, wall_time=entry.time_s, summary=_summary(entry))
            self._writer.write_event(event)
        self._writer.flush()

    def close(self, end: End) -> None:
        """See `Tracker`."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _leave(self) -> None:
        """Let a file go that could not be written."""
        if self._writer is not None:
            with suppress(*self.failures):
                self._writer.close()
            self._writer = None


def _summary(entry: Entry) -> Summary:
    values = [Summary.Value(tag=name, simple_value=value) for name, value in entry.values.items()]
    pictures = [_picture(name, base64.b64decode(text)) for name, text in entry.pictures.items()]
    return Summary(value=[*values, *pictures])


def _picture(name: str, png: bytes) -> Summary.Value:
    width, height = struct.unpack_from(">II", png, _SIZE_AT)
    shown = Summary.Image(height=height, width=width, colorspace=_RGB, encoded_image_string=png)
    return Summary.Value(tag=f"held_out/{name}", image=shown)
