"""Rows of trainings that a signal ends, or that lose a process: what is saved, and what goes on."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from tests.faults import interrupted, training
from tests.faults.command import handseg, start, until, wait
from tests.faults.training import ENDLESS

_KILLS = 3
_LIMIT_S = 10
"""From SIGTERM to the end, as the row has it."""
# One step of it takes seconds, so that a second signal arrives before it ends.
_SLOW = {"model.filters": "[32,64,128]", "model.input_px": 512, "model.output_px": 512}


def _line(process: subprocess.Popen[str], words: str) -> str:
    """What a command said up to a line with these words."""
    stream: IO[str] | None = process.stdout
    assert stream is not None
    said = []
    for line in stream:
        said.append(line)
        if words in line:
            return "".join(said)
    raise AssertionError("".join(said))


def _strays(state: Path) -> set[Path]:
    return set((state / "resume").glob(".step-*.partial-*"))


def _wait_for_stray(process: subprocess.Popen[str], state: Path, known: set[Path]) -> None:
    until(lambda: bool(_strays(state) - known), process)


def _children(number: int) -> list[int]:
    text = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


@pytest.mark.fault(1)
def test_row_01_killed_within_an_epoch_it_ends_with_the_same_weights(
    done: Path, uninterrupted: str, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "member", tmp_path / "member.partial"
    command = interrupted.words(done, out)
    step = interrupted.kill_within_an_epoch(command, state)
    handseg(*command).must(0, f"resumed at step {step}")
    assert interrupted.weights(out) == uninterrupted
    assert not state.exists()
    told(
        f"killed with step {step} as its newest state, in the middle of an epoch of "
        f"{interrupted.EPOCH}; the same command goes on there, exit 0, and SHA-256 of "
        "model.safetensors is that of an uninterrupted training"
    )


@pytest.mark.fault(2)
def test_row_02_killed_while_saving_it_goes_on_from_the_state_before(
    done: Path, uninterrupted: str, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "member", tmp_path / "member.partial"
    command = interrupted.words(done, out)
    left: set[Path] = set()
    kills, resumed = 0, list[int]()
    while kills < _KILLS:
        process = start(*command)
        interrupted.wait_for_newer(process, state, than=interrupted.steps(state)[-1])
        _wait_for_stray(process, state, left)
        process.kill()
        said = wait(process).said
        assert "damaged" not in said, said
        now = _strays(state)
        assert not left & now, "what the kill before left is still there"
        kills += bool(now)
        resumed.append(interrupted.steps(state)[-1])
        left = now
    handseg(*command).must(0, f"resumed at step {resumed[-1]}")
    assert interrupted.weights(out) == uninterrupted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["member", "member.oof"]
    told(
        f"killed {_KILLS} times while a state was half written beside its place: the next start "
        "goes on from the state before and removes the stray file; the weights are those of an "
        "uninterrupted training"
    )


@pytest.mark.fault(3)
def test_row_03_sigterm_saves_the_step_and_ends(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    state = tmp_path / "member.partial"
    rare = {**ENDLESS, "checkpoint_minutes": 0.02, "workers": 1}
    command = training.words(done, tmp_path / "member", settings=rare)
    took = []
    for _ in range(2):
        before = interrupted.steps(state)[-1]
        process = start(*command)
        interrupted.wait_for_newer(process, state, than=before)
        process.send_signal(signal.SIGTERM)
        ended = wait(process, limit_s=_LIMIT_S).must(143, "SIGTERM: saving after this step")
        step = interrupted.steps(state)[-1]
        assert f"stopped at step {step}, which was saved" in ended.said
        assert not before or f"resumed at step {before}" in ended.said
        took.append(ended.seconds)
    told(
        f"exit 143 {max(took):.1f} s after SIGTERM at most, with the step saved that was being "
        "taken; called again it goes on there"
    )


@pytest.mark.fault(3)
def test_row_03_a_second_sigterm_ends_at_once(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    slow = {**_SLOW, **ENDLESS, "batch_size": 16}
    process = start(*training.words(done, tmp_path / "member", settings=slow))
    state = tmp_path / "member.partial"
    interrupted.wait_for_newer(process, state, than=0)
    process.send_signal(signal.SIGTERM)
    _line(process, "SIGTERM: saving after this step")
    process.send_signal(signal.SIGTERM)
    ended = wait(process, limit_s=_LIMIT_S)
    assert ended.code == -signal.SIGTERM
    assert "which was saved" not in ended.said
    told(
        f"a second SIGTERM within the same step ends it by that signal {ended.seconds:.1f} s later"
    )


@pytest.mark.fault(4)
def test_row_04_a_killed_worker_is_said_with_its_remedy(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    state = tmp_path / "member.partial"
    command = training.words(done, tmp_path / "member", settings={**ENDLESS, "workers": 1})
    process = start(*command)
    interrupted.wait_for_newer(process, state, than=0)
    (worker,) = _children(process.pid)
    os.kill(worker, signal.SIGKILL)
    ended = wait(process, limit_s=60)
    ended.must(2, f"pid {worker}", "killed by signal: Killed", "memory ran out", "0 workers")
    step = interrupted.steps(state)[-1]
    again = start(*command)
    _line(again, f"resumed at step {step}")
    again.kill()
    wait(again)
    told(
        f"exit 2 {ended.seconds:.1f} s after the worker's SIGKILL: {ended.last_line}; the same "
        "command goes on from the newest state"
    )
