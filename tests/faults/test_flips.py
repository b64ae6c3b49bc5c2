"""The row of single flipped bits: never a result that is wrong without a word."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults import spoiled
from tests.faults.command import handseg
from tests.faults.spoiled import Told
from tests.faults.stages import content_of, infer, made_by, train, vote


def flipped(
    path: Path, bits: Sequence[int], words: Sequence[object], *, resum: bool = False
) -> str:
    """Flip bits of a file one by one: a command must refuse, or write what it would without.

    Returns:
        How often each happened.
    """
    out = path.parents[2] / "new"
    wanted, content, counts = made_by(words, out), path.read_bytes(), Counter[str]()
    for number, bit in enumerate(bits):
        spoiled.flip(path, bit)
        if resum:
            spoiled.resum(path.parent)
        fresh = out.with_name(f"new{number}")
        ended = handseg(*words, "--out", fresh)
        if ended.code:
            ended.must(2, path.parent)
            assert not list(out.parent.glob(f"{fresh.name}*"))
        else:
            ended.must(0)
            found = {k.replace(fresh.name, out.name): v for k, v in content_of(fresh).items()}
            assert found == wanted, f"bit {bit} of {path.name}"
        counts["refused with exit 2" if ended.code else "same bytes"] += 1
        path.write_bytes(content)
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def some_bits(path: Path, count: int, *, seed: int) -> list[int]:
    """Random bits of a file: half of them in its last 1500 bytes, an Arrow file's footer."""
    size = path.stat().st_size
    draw = random.Random(seed)
    anywhere = [draw.randrange(8 * size) for _ in range(count // 2)]
    footer = [draw.randrange(8 * max(0, size - 1500), 8 * size) for _ in range(count - count // 2)]
    return anywhere + footer


@pytest.mark.fault(30)
@pytest.mark.parametrize("seed", range(4))
def test_row_30_a_flipped_bit_in_a_store_is_refused(run: Path, told: Told, seed: int) -> None:
    path = run / "stores/fold1/test/probabilities.arrow"
    counts = flipped(path, some_bits(path, 10, seed=seed), vote(run))
    assert counts == "10 refused with exit 2"
    told("store, bits flipped one by one at 4 times 10 places: ensemble refused each")


@pytest.mark.fault(30)
@pytest.mark.parametrize("name", ["SHA256SUMS", "run.json"])
def test_row_30_a_flipped_bit_beside_a_store_is_refused(run: Path, told: Told, name: str) -> None:
    path = run / "stores/fold1/test" / name
    counts = flipped(path, some_bits(path, 5, seed=7), vote(run))
    told(f"its {name}, 5 places: {counts}")


@pytest.mark.fault(30)
def test_row_30_a_bit_flipped_before_the_sums_were_taken(run: Path, told: Told) -> None:
    path = run / "stores/fold1/test/probabilities.arrow"
    draw, size = random.Random(0), path.stat().st_size
    bits = [draw.randrange(8 * (size - 1500)) for _ in range(10)]
    counts = flipped(path, bits, vote(run), resum=True)
    told(f"store with sums that fit the damage, 10 places before its footer: {counts}")


@pytest.mark.fault(30)
@pytest.mark.parametrize("seed", range(3))
def test_row_30_a_flipped_bit_in_a_cache_is_refused_or_harmless(
    run: Path, told: Told, seed: int
) -> None:
    path = run / "cache/test.arrow"
    counts = flipped(path, some_bits(path, 10, seed=seed), infer(run))
    told(f"cache, test.arrow, 10 places: infer: {counts}")


@pytest.mark.fault(30)
def test_row_30_a_flipped_bit_beside_a_cache_is_refused_or_harmless(run: Path, told: Told) -> None:
    path = run / "cache/index.json"
    counts = flipped(path, some_bits(path, 5, seed=1), infer(run))
    told(f"its index.json, 5 places: infer: {counts}")


@pytest.mark.fault(30)
@pytest.mark.parametrize("name", ["train.arrow", "index.json"])
def test_row_30_a_flipped_bit_in_a_cache_to_train_on(run: Path, told: Told, name: str) -> None:
    path = run / "cache" / name
    counts = flipped(path, some_bits(path, 5, seed=2), train(run))
    told(f"{name}, 5 places: train: {counts}")
