"""Every target takes its own valid inputs, and changes them in the same way by the same seed."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import case
from tests.fuzz.dice import Dice

NAMES = case.names()


def plain(content: bytes, most: int) -> bytes:
    """A change of bytes as libFuzzer might make it."""
    return (content[1:] + b"x")[:most]


def test_every_reader_of_files_that_anyone_may_have_written_is_a_target() -> None:
    assert {"annotations", "rle", "submission", "fold_table", "image", "store", "card"} < {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_valid_inputs_are_taken_and_small_enough(name: str, tmp_path: Path) -> None:
    target = case.target(name)
    for content in target.corpus():
        assert len(content) <= target.most_bytes
        assert case.refusal(target, content, tmp_path) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_makes_the_same_changes(name: str) -> None:
    target = case.target(name)
    start = target.corpus()[-1]
    for seed in range(20):
        first, second = (target.change(start, Dice(Random(seed), plain)) for _ in range(2))
        assert first == second


@pytest.mark.parametrize("name", NAMES)
def test_changes_go_on_from_anything(name: str) -> None:
    target = case.target(name)
    for seed in range(40):
        content = Random(seed).randbytes(seed)
        assert isinstance(target.change(content, Dice(Random(seed), plain)), bytes)
