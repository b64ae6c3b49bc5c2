"""The processes that prepare a training's images: how each begins, and what their failures say."""

import os
import re
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from typing import Any, NoReturn

import cv2
from torch.utils.data import Dataset

from handseg.errors import HandsegError, WorkerLost
from handseg.training.shared_memory import FOLDER

_GRACE_S = 30
"""Seconds after SIGTERM in which a training process ends its workers; a pod is given as many."""
_NOTICE_S = 1.0
_LOST = re.compile(r"DataLoader worker \(pid(?:\(s\))? ([\d, ]+)\) (.*)", re.DOTALL)
"""How torch begins what it raises, as a RuntimeError, when one has died."""
_BUS_ERROR = "Bus error"
"""What a page of /dev/shm that cannot be had is to the process that touches it."""
_OWN_END = "exited unexpectedly"
"""What torch says of one that no signal ended."""


class _Gone(RuntimeError):
    """A worker's end of a connection is closed."""


def start(_worker: int) -> None:
    """Begin one of them; torch calls it there."""
    # OpenCV's own threads in every worker would fight with the network's over the same cores
    cv2.setNumThreads(0)
    # SIGTERM may reach the whole process group: the training process saves first, then its workers
    # end with it. One whose training process does not end still does, by the alarm.
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(_GRACE_S))
    # Memory is handed over by a socket under this folder, whose path may have 107 bytes: fewer
    # than TMPDIR may take by itself.
    tempfile.tempdir = str(FOLDER)
    # Python's own would print the error and go on without the batch, for which the training
    # process would wait for ever.
    Queue._on_queue_feeder_error = staticmethod(_end)  # type: ignore[attr-defined]


def _end(error: Exception, _batch: object) -> NoReturn:
    """End this process because a batch cannot be handed over."""
    traceback.print_exception(error)
    os._exit(1)


class Answering(Dataset[Any]):
    """A data set that gives its error as an item: torch would put a traceback into the message."""

    def __init__(self, dataset: Dataset[Any]) -> None:
        self._dataset = dataset

    def __getitem__(self, index: Any) -> Any:
        try:
            return self._dataset[index]
        except HandsegError as error:
            return error


def join(collate: Callable[[list[Any]], Any], items: list[Any]) -> Any:
    """A batch of items of `Answering`, or the first error among them."""
    errors = [item for item in items if isinstance(item, HandsegError)]
    return errors[0] if errors else collate(items)


def raising(batches: Iterable[Any]) -> Generator[Any, None, None]:
    """Pass batches of `join` on, and raise what `Answering` caught."""
    iterator = iter(batches)
    while True:
        try:
            batch = next(iterator)
        except StopIteration:
            return
        except (ConnectionError, EOFError) as error:
            # It died while it handed something over. The system's word of its end, which torch
            # raises wherever this process is, says which and why.
            time.sleep(_NOTICE_S)
            raise _Gone(str(error)) from error
        if isinstance(batch, HandsegError):
            raise batch
        yield batch


@contextmanager
def explaining(member: str) -> Iterator[None]:
    """Within the block, the death of a worker is an error that says what to do.

    torch raises it wherever the training process is at that moment.

    Raises:
        WorkerLost: names the member, the process and what ended it.
    """
    try:
        yield
    except RuntimeError as error:
        # While the training waits for a batch, the cause alone says what ended the worker.
        found = _LOST.match(str(error.__cause__)) or _LOST.match(str(error))
        if found is None and not isinstance(error, _Gone):
            raise
        # torch would raise it again whenever another process of this one ends.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        which, what = (f"pid {found[1]}", found[2].strip()) if found else ("one", "is gone")
        raise WorkerLost(_explained(member, which, what)) from error


def _explained(member: str, which: str, what: str) -> str:
    if _BUS_ERROR in what:
        remedy = (
            f"{FOLDER} is too small: give it more, or lower settings.workers or settings.batch_size"
        )
    elif _OWN_END in what:
        remedy = "its error stands above; mend what that names, or lower settings.workers"
    else:
        remedy = (
            "mostly memory ran out: give more, or lower settings.batch_size or settings.workers"
        )
    return (
        f"{member}: a process that prepares images ({which}) {what.partition('.')[0]}; "
        f"{remedy} (0 workers: this process prepares them); the same command then goes on from "
        "the newest state"
    )
