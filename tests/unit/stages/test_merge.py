"""Shards, merged, are byte for byte what one process would have written."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.inference.shard import Shard
from handseg.inference.store import FILE_NAME
from handseg.settings import EnsembleSettings
from handseg.stages.ensemble import ensemble
from handseg.stages.infer import infer
from handseg.stages.merge import merge
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.unit.stages.test_ensemble import store
from tests.unit.stages.test_infer import QUICK, _make

PAIRS = dataclasses.replace(QUICK, batch_size=2)


def place(path: Path) -> Location:
    return Location(str(path))


@pytest.mark.parametrize(("count", "block"), [(1, 1), (2, 1), (3, 4), (4, 2), (7, 1)])
def test_shards_in_order_are_the_whole_and_cut_no_batch(count: int, block: int) -> None:
    items = list(range(13))
    shares = [Shard(count, number + 1).of(items, block=block) for number in range(count)]
    assert [item for share in shares for item in share] == items
    assert all(share and share[0] % block == 0 for share in shares)
    blocks = [-(-len(share) // block) for share in shares]
    assert max(blocks) - min(blocks) <= 1


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1/0", "1", "1/2/3", "-1/2", "1/x"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="give I/N with I from 1 to N"):
        Shard.parse(text)


def test_more_shards_than_batches_are_refused() -> None:
    with pytest.raises(BadInput, match="fill at most 2 shards; give I/N with N up to 2"):
        Shard.parse("1/3").of([1, 2, 3], block=2)


@pytest.fixture
def inferred(tmp_path: Path) -> Callable[[str], Location]:
    """Infers a shard of five images in batches of two."""
    made = _make(tmp_path, tests=5)

    def one(shard: str) -> Location:
        out = place(tmp_path / f"store-{shard.replace('/', '-')}")
        infer(
            checkpoint=made.checkpoint, cache=made.cache, part="test", out=out, settings=PAIRS,
            shard=shard,
        )  # fmt: skip
        return out

    return one


def test_merged_stores_have_the_bytes_and_record_of_the_whole(
    inferred: Callable[[str], Location], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole, out = inferred("1/1"), place(tmp_path / "merged")
    merge(shards=[inferred("2/2"), inferred("1/2")], out=out)
    assert (out.path / FILE_NAME).read_bytes() == (whole.path / FILE_NAME).read_bytes()
    assert artifact.content_hash(out.path) == artifact.content_hash(whole.path)
    one, other = (json.loads((p.path / "run.json").read_text()) for p in (whole, out))
    for key in ("stage", "settings", "parents", "device"):
        assert one[key] == other[key]
    caplog.set_level("INFO", "handseg")
    merge(shards=[inferred("2/2"), inferred("1/2")], out=out)
    assert "nothing to merge" in caplog.text


def test_a_missing_a_repeated_and_a_whole_shard_are_refused(
    inferred: Callable[[str], Location], tmp_path: Path
) -> None:
    first, out = inferred("1/3"), place(tmp_path / "merged")
    for given in ([first, inferred("3/3")], [first, first, inferred("2/3")]):
        with pytest.raises(BadInput, match="give each of 1/3, 2/3, 3/3 once"):
            merge(shards=given, out=out)
    with pytest.raises(BadInput, match="is no shard"):
        merge(shards=[inferred("1/1")], out=out)
    with pytest.raises(BadInput, match="none given"):
        merge(shards=[], out=out)
    assert not out.path.exists()


def test_merged_csvs_have_the_bytes_of_the_whole(tmp_path: Path) -> None:
    stores = [store(tmp_path, 0), store(tmp_path, 1)]
    whole, out = place(tmp_path / "whole.csv"), place(tmp_path / "merged.csv")
    ensemble(stores=stores, out=whole)
    shards = [place(tmp_path / f"{number}.csv") for number in (1, 2, 3)]
    for number, shard in enumerate(shards, start=1):
        ensemble(stores=stores, out=shard, shard=f"{number}/3")
    merge(shards=shards[::-1], out=out)
    assert out.path.read_bytes() == whole.path.read_bytes()
    one, other = (json.loads(Path(f"{p.path}.run.json").read_text()) for p in (whole, out))
    for key in ("stage", "settings", "parents", "members"):
        assert one[key] == other[key]
    assert len(other["shards"]) == 3


def test_shards_made_otherwise_are_refused(tmp_path: Path) -> None:
    stores = [store(tmp_path, 0)]
    one, other = place(tmp_path / "1.csv"), place(tmp_path / "2.csv")
    ensemble(stores=stores, out=one, shard="1/2")
    ensemble(stores=stores, out=other, shard="2/2", settings=EnsembleSettings(threshold=0.6))
    with pytest.raises(BadInput, match=r"settings\.threshold: 0\.5 -> 0\.6"):
        merge(shards=[one, other], out=place(tmp_path / "merged.csv"))
