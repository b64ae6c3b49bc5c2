"""Stages under a person key: no id in what they write, and no other key in what they go on with."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handseg import provenance
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.pseudonyms import VARIABLE, Pseudonyms
from handseg.settings import SplitSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage.location import Location
from handseg.training import checkpoint
from tests.unit.stages.tiny_training import SETTINGS, make_data, prepare_data, run

KEY, OTHER = "k" * 32, "o" * 32
PEOPLE, OTHERS = Pseudonyms(KEY.encode()), Pseudonyms(OTHER.encode())
ID = b"ID00"
ONE_STEP = replace(SETTINGS, length=1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data whose people keep their ids, and a member."""
    root = make_data(tmp_path_factory.mktemp("plain"))
    run(root, root / "member", ONE_STEP)
    return root


@pytest.fixture(scope="module")
def hidden(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same data, folds, cache and member under a key."""
    root = tmp_path_factory.mktemp("hidden")
    (root / "data").symlink_to(plain / "data")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv(VARIABLE, KEY)
        prepare_data(root)
        run(root, root / "member", ONE_STEP)
        yield root


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def test_no_id_is_in_anything_that_a_stage_wrote(plain: Path, hidden: Path) -> None:
    def holders(root: Path) -> set[str]:
        places = [root / "folds.csv", *(root / "cache").iterdir()]
        places += [*(root / "member").iterdir(), *(root / "member.oof").iterdir()]
        return {path.name for path in places if ID in path.read_bytes()}

    assert {"folds.csv", "train.arrow", "probabilities.arrow"} <= holders(plain)
    assert not holders(hidden)


def test_folds_order_and_groups_are_those_of_the_ids(plain: Path, hidden: Path) -> None:
    ids, hashes = (FoldTable.read(root / "folds.csv") for root in (plain, hidden))
    assert ids.renamed(PEOPLE.of) == hashes
    assert ImageCache(hidden / "cache").people("train") == {
        row.image_name: row.person for row in hashes.rows
    }
    there, here = (Store(root / "member.oof") for root in (plain, hidden))
    assert there.positions == here.positions
    assert list(here.people.values()) == [PEOPLE.of(person) for person in there.people.values()]


def test_the_keys_fingerprint_stands_in_every_record(hidden: Path) -> None:
    for name in ("folds.csv", "cache"):
        parents = provenance.read(hidden / name)["parents"]
        assert isinstance(parents, dict) and parents["person_key"] == PEOPLE.fingerprint
    assert ImageCache(hidden / "cache").metadata["person_key"] == PEOPLE.fingerprint
    assert checkpoint.load_card(hidden / "member").person_key == PEOPLE.fingerprint


@pytest.mark.parametrize("key", [OTHER, ""])
def test_another_key_or_none_is_refused_by_every_stage_that_reads_raw_data(
    hidden: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(VARIABLE, key)
    data, folds, cache = (Location(str(hidden / name)) for name in ("data", "folds.csv", "cache"))
    refused = rf"folds\.csv: .* the key with fingerprint {PEOPLE.fingerprint}"
    with pytest.raises(BadInput, match=refused):
        split(data=data, out=folds, settings=SplitSettings(folds=2))
    with pytest.raises(BadInput, match=refused):
        preprocess(data=data, folds=folds, out=Location(str(hidden / "new")))
    assert not (hidden / "new").exists()
    with pytest.raises(BadInput, match=refused):
        preprocess(data=data, folds=folds, out=cache)


def test_a_key_where_people_keep_their_ids_is_refused(plain: Path) -> None:
    data, folds = (Location(str(plain / name)) for name in ("data", "folds.csv"))
    with pytest.raises(BadInput, match=r"folds\.csv: people are called by their ids there"):
        preprocess(data=data, folds=folds, out=Location(str(plain / "new")))


def test_a_key_that_is_not_the_one_expected_is_refused(hidden: Path, tmp_path: Path) -> None:
    data, out = Location(str(hidden / "data")), Location(str(tmp_path / "folds.csv"))
    for expected in ("", OTHERS.fingerprint):
        with pytest.raises(BadInput, match=r"person_key: .* is expected, and"):
            split(data=data, out=out, person_key=expected, settings=SplitSettings(folds=2))
        with pytest.raises(BadInput, match=r"person_key: .* is expected, and"):
            preprocess(data=data, folds=out, out=out, person_key=expected)
    split(data=data, out=out, person_key=PEOPLE.fingerprint, settings=SplitSettings(folds=2))


def test_a_finished_stage_is_taken_for_done_under_its_key(hidden: Path) -> None:
    before = (hidden / "cache" / "run.json").stat().st_mtime_ns
    prepare_data(hidden)
    assert (hidden / "cache" / "run.json").stat().st_mtime_ns == before


def test_no_later_stage_asks_for_the_key(
    hidden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    run(hidden, tmp_path / "m", ONE_STEP, warm_start=hidden / "member")
    assert checkpoint.load_card(tmp_path / "m").warm_start is not None


def test_people_who_cannot_be_told_apart_do_not_begin_a_training(
    plain: Path, hidden: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(
        BadInput, match=rf"by their ids there, and by hashes of key {PEOPLE.fingerprint}"
    ):
        run(hidden, tmp_path / "m", ONE_STEP, warm_start=plain / "member")
    run(hidden, tmp_path / "m", ONE_STEP, warm_start=plain / "member", allow_seen=True)
    assert "they can be told by their images alone; allowed" in caplog.text
