import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.data._utils import signal_handling

from handseg.errors import BadInput, HandsegError, WorkerLost
from handseg.training import worker_processes


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch watches for the end of workers from a process's first loader on, once."""
    monkeypatch.setattr(signal_handling, "_SIGCHLD_handler_set", False)


class _Numbers(Dataset[int]):
    """A data set whose items end as `odd` says."""

    def __init__(self, odd: str) -> None:
        self._odd = odd

    def __getitem__(self, index: int) -> int:
        if index % 2 and self._odd == "refused":
            raise BadInput(f"image {index}: damaged; copy it again")
        if index % 2:
            os.kill(os.getpid(), getattr(signal, self._odd))
            time.sleep(60)
        return index


def _sums(
    odd: str,
    batches: Sequence[list[int]],
    workers: int = 1,
    collate: Callable[[list[int]], object] = sum,
) -> list[Any]:
    def joined(items: list[object]) -> object:
        return worker_processes.join(collate, items)

    loader: DataLoader[int] = DataLoader(
        worker_processes.Answering(_Numbers(odd)),
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=joined,
        worker_init_fn=worker_processes.start,
    )
    with worker_processes.explaining("fold0"):
        return list(worker_processes.raising(iter(loader)))


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_come_as_they_are(workers: int) -> None:
    assert _sums("refused", [[0, 2], [4, 6]], workers) == [2, 10]


@pytest.mark.parametrize("workers", [0, 1])
def test_what_an_image_is_refused_for_is_said_as_it_was(workers: int) -> None:
    with pytest.raises(BadInput) as raised:
        _sums("refused", [[0, 2], [4, 5]], workers)
    assert str(raised.value) == "image 5: damaged; copy it again"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("SIGKILL", "is killed by signal: Killed; mostly memory ran out: give more"),
        ("SIGBUS", "is killed by signal: Bus error; /dev/shm is too small: give it more"),
    ],
)
def test_a_workers_death_says_what_to_do(number: str, words: str) -> None:
    with pytest.raises(WorkerLost, match=r"fold0: a process that prepares images \(pid \d+\)") as e:
        _sums(number, [[0, 2], [4, 5]])
    assert words in str(e.value)
    assert isinstance(e.value, HandsegError) and e.value.exit_code != 1


def test_batches_come_whatever_the_length_of_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert _sums("refused", [[0, 2], [4, 6]], collate=torch.tensor)[1].tolist() == [4, 6]


def test_a_batch_that_cannot_be_handed_over_ends_the_worker_and_not_in_silence(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(WorkerLost, match="exited unexpectedly with exit code 1; its error stands"):
        _sums("refused", [[0, 2]], collate=lambda items: lambda: items)
    assert "Can't pickle local object" in capfd.readouterr().err


def test_another_error_is_left_alone() -> None:
    with pytest.raises(RuntimeError, match="^shape$"), worker_processes.explaining("fold0"):
        raise RuntimeError("shape")


def test_a_worker_that_is_gone_in_the_middle_of_handing_over_is_told_as_well() -> None:
    def batches() -> Iterator[int]:
        yield 1
        raise ConnectionResetError(104, "Connection reset by peer")

    with (
        pytest.raises(WorkerLost, match=r"fold0: a process that prepares images \(one\) is gone; "),
        worker_processes.explaining("fold0"),
    ):
        list(worker_processes.raising(batches()))
