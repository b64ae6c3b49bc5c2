"""Rows of saving: a full disk, and a newest state that is damaged."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handseg.storage.sums import file_sha256
from tests.faults import disks, interrupted, training
from tests.faults.command import handseg, start, wait


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    with disks.mounted(tmp_path / "small") as folder:
        yield folder


def _assert_intact(state: Path) -> None:
    assert len(training.states(state)) > 1
    for path in training.states(state):
        assert file_sha256(path) in path.name
    assert not [path for path in state.rglob(".*") if "partial" in path.name]


@pytest.mark.fault(5)
def test_row_05_the_disk_is_full_when_a_state_is_saved(
    done: Path, halfway: Path, uninterrupted: str, small: Path, told: Callable[[str], None]
) -> None:
    state = Path(shutil.copytree(halfway, small / "member.partial"))
    command = interrupted.words(done, small / "member")
    before = interrupted.steps(state)[-1]
    process = start(*command)
    interrupted.wait_for_newer(process, state, than=before)
    # Again and again, as an old state is removed when a new one is there.
    while process.poll() is None:
        filler = disks.fill(small)
    ended = wait(process).must(2, state, "the disk is full", "bytes are needed", "are free")
    _assert_intact(state)
    step = interrupted.steps(state)[-1]
    filler.unlink()
    handseg(*command).must(0, f"resumed at step {step}")
    assert interrupted.weights(small / "member") == uninterrupted
    told(
        f"exit 2: {ended.last_line.replace(f'{small}/', '')}; the states before are intact, and "
        "with room made the same command ends with the weights of an uninterrupted training"
    )


@pytest.mark.fault(5)
def test_row_05_the_disk_is_full_when_the_member_is_written(
    done: Path,
    halfway: Path,
    uninterrupted: str,
    small: Path,
    tmp_path: Path,
    told: Callable[[str], None],
) -> None:
    state = Path(shutil.copytree(halfway, tmp_path / "state"))
    further = ("--state", state, "--oof", tmp_path / "oof")
    command = interrupted.words(done, small / "member", *further)
    filler = disks.fill(small, leaving=100_000)
    ended = handseg(*command).must(2, small / "member", "the disk is full", "are needed")
    assert list(small.iterdir()) == [filler]
    _assert_intact(state)
    filler.unlink()
    handseg(*command).must(0, f"resumed at step {interrupted.STEPS}")
    assert interrupted.weights(small / "member") == uninterrupted
    told(
        f"with --out there, exit 2: {ended.last_line.replace(f'{small}/', '')}; nothing is left "
        "of it, and with room made the same command takes no step again"
    )


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)


class _Damaged:
    """A training whose newest state was spoilt, and the same command again."""

    def __init__(self, done: Path, halfway: Path, folder: Path, spoil: Callable[[Path], None]):
        state = Path(shutil.copytree(halfway, folder / "member.partial"))
        *_, before, self.last = interrupted.steps(state)
        newest = interrupted.newest(state)
        spoil(newest)
        ended = handseg(*interrupted.words(done, folder / "member"))
        ended.must(0, f"WARNING: {newest} is damaged", f"resumed at step {before}")
        self.weights = interrupted.weights(folder / "member")
        self.told = (
            f"a warning names it, the training goes on from step {before}, and its weights are "
            "those of an uninterrupted one"
        )


@pytest.mark.fault(7)
def test_row_07_a_truncated_state_gives_way_to_the_one_before(
    done: Path, halfway: Path, uninterrupted: str, tmp_path: Path, told: Callable[[str], None]
) -> None:
    damaged = _Damaged(done, halfway, tmp_path, _truncate)
    assert damaged.weights == uninterrupted
    told(f"the state of step {damaged.last} cut short by 1000 bytes: {damaged.told}")


@pytest.mark.fault(8)
def test_row_08_a_flipped_bit_is_found_by_the_sum(
    done: Path, halfway: Path, uninterrupted: str, tmp_path: Path, told: Callable[[str], None]
) -> None:
    damaged = _Damaged(done, halfway, tmp_path, _flip_a_bit)
    assert damaged.weights == uninterrupted
    told(f"the state of step {damaged.last} with one bit flipped: {damaged.told}")
