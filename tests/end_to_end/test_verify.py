"""`handseg verify` on a complete run: whatever is changed in it, or in its data, is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg import cli, provenance
from handseg.pseudonyms import VARIABLE
from handseg.storage import sums

FEW_STEPS = ["--preset", "smoke", "--train.length", "3", "--ensemble.select", "true"]
EVERY_KIND = [
    "folds.csv",
    "folds.csv.run.json",
    "eda/eda.json",
    "cache/train.arrow",
    "cache/manifest.csv",
    "cache/run.json",
    "members/fold1/model.safetensors",
    "members/fold1/card.json",
    "members/fold1/run.json",
    "stores/fold0/oof/probabilities.arrow",
    "stores/fold0/test/run.json",
    "choice.json",
    "choice.json.run.json",
    "submission.csv",
    "submission.csv.run.json",
    "report.html",
    "report.html.run.json",
    "run.json",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands") / "data"
    words = ["--people", "4", "--test-people", "1", "--size", "96", "--seed", "5"]
    assert cli.main(["demo-data", str(folder), *words]) == 0
    return folder


def made(data: Path, out: Path, *more: str) -> Path:
    assert cli.main(["run", "--data", str(data), "--out", str(out), *FEW_STEPS, *more]) == 0
    return out


@pytest.fixture(scope="module")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run, with the shards of one store that were merged; tests take a copy."""
    out = made(data, tmp_path_factory.mktemp("run") / "first")
    inputs = ["--checkpoint", out / "members/fold0", "--cache", out / "cache", "--part", "test"]
    how = ["--settings.device", "cpu", "--settings.threads", "1", "--settings.batch_size", "1"]
    shards = [out / "shards" / str(number) for number in (1, 2)]
    for number, shard in enumerate(shards, 1):
        words = ["infer", *inputs, *how, "--shard", f"{number}/2", "--out", shard]
        assert cli.main(list(map(str, words))) == 0
    words = ["merge", "--shards", *shards, "--out", out / "merged"]
    assert cli.main(list(map(str, words))) == 0
    return out


@pytest.fixture(scope="module")
def other(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the same data and folds by another seed."""
    return made(data, tmp_path_factory.mktemp("run") / "other", "--train.seed", "1")


@pytest.fixture
def run(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "run"))


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Verify with an exit code, and give what was printed."""

    def call(code: int, *words: object) -> str:
        capsys.readouterr()
        assert cli.main(["verify", *map(str, words)]) == code, "".join(capsys.readouterr())
        return "".join(capsys.readouterr())

    return call


def flip(path: Path) -> None:
    """One bit, in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replaced(run: Path, other: Path, name: str) -> None:
    """Put the artifact of another run in the place of a run's."""
    for old in run.glob(f"{name}*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in other.glob(f"{name}*"):
        copy = shutil.copytree if new.is_dir() else shutil.copyfile
        copy(new, run / new.relative_to(other))


def edited(folder: Path, **entries: object) -> None:
    """Change a folder's record, and its sums so that they match."""
    provenance.write(folder, {**provenance.read(folder), **entries})
    (folder / sums.FOLDER_SUMS).unlink()
    sums.write_sums(folder)


def first(said: str) -> str:
    return said.splitlines()[-1].partition("the first is ")[2]


def test_a_run_that_nobody_touched_is_as_it_was_made(
    done: Path, data: Path, verify: Callable[..., str]
) -> None:
    said = verify(0, done, "--data", data)
    names = {line.split()[1] for line in said.splitlines() if line.startswith("ok")}
    members = {f"members/fold{i}" for i in range(2)}
    stores = {f"stores/fold{i}/{part}" for i in range(2) for part in ("oof", "test")}
    files = {"folds.csv", "choice.json", "submission.csv", "report.html", "run.json"}
    sharded = {"shards/1", "shards/2", "merged"}
    assert names == {"data", "eda", "cache", *members, *stores, *files, *sharded}
    assert said.endswith("17 verified, all as they were made\n")


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_flipped_bit_is_named_with_both_hashes(
    run: Path, name: str, verify: Callable[..., str]
) -> None:
    before = sums.file_sha256(run / name)
    flip(run / name)
    after = sums.file_sha256(run / name)
    said = verify(2, run)
    line = first(said)
    assert line.startswith(f"{run / name}: SHA-256 is {after[:16]}..., expected {before[:16]}...")
    assert "copy it again, or make " in line
    assert "1 of 16 differ" in said


def test_a_file_that_is_missing_and_one_too_many_are_named(
    run: Path, verify: Callable[..., str]
) -> None:
    (run / "members/fold0/model.safetensors").unlink()
    (run / "cache/notes.txt").write_text("mine")
    (run / "notes.txt").write_text("beside the artifacts, where it does no harm")
    said = verify(2, run)
    assert f"{run}/members/fold0/model.safetensors: SHA-256 is absent, expected" in said
    assert first(said).startswith(f"{run}/cache/notes.txt: its line in SHA256SUMS is absent")
    assert "2 of 16 differ" in said


def test_sums_that_are_missing_are_named(run: Path, verify: Callable[..., str]) -> None:
    (run / "cache/SHA256SUMS").unlink()
    (run / "submission.csv.sha256").unlink()
    said = verify(2, run)
    assert f"{run}/cache/SHA256SUMS: not found" in said
    assert f"{run}/submission.csv.sha256: not found" in said
    assert "2 of 16 differ" in said


def test_an_artifact_that_is_missing_is_named_by_the_runs_record(
    run: Path, verify: Callable[..., str]
) -> None:
    shutil.rmtree(run / "stores/fold1/test")
    said = verify(2, run)
    assert f"{run}/stores/fold1/test: artifact is absent" in said
    assert "run.json lists it: put it back, or run again" in said


@pytest.mark.parametrize("name", ["members/fold0", "stores/fold1/oof", "submission.csv"])
def test_an_artifact_of_another_run_is_named(
    run: Path, other: Path, name: str, verify: Callable[..., str]
) -> None:
    replaced(run, other, name)
    line = first(verify(2, run))
    assert line.startswith(f"{run / name}: content hash is ")
    assert line.endswith("run.json lists another: put that back, or run again")


def test_without_the_runs_record_members_and_stores_of_two_runs_do_not_fit(
    run: Path, other: Path, verify: Callable[..., str]
) -> None:
    for path in run.glob("run.json*"):
        path.unlink()
    verify(0, run)
    replaced(run, other, "members/fold0")
    said = verify(2, run)
    assert f"{run}/stores/fold0/oof/run.json: parents.checkpoint is " in said
    assert "it was not made from members/fold0, members/fold1" in said


def test_another_fold_table_is_named(
    run: Path, data: Path, tmp_path: Path, verify: Callable[..., str]
) -> None:
    words = ["split", "--data", data, "--out", tmp_path / "new/folds.csv", "--settings.folds", "4"]
    assert cli.main(list(map(str, words))) == 0
    replaced(run, tmp_path / "new", "folds.csv")
    said = verify(2, run)
    assert first(said).startswith(f"{run}/folds.csv: content hash is ")
    assert f"{run}/cache/run.json: parents.folds is " in said


def test_settings_edited_in_a_record_are_named_though_its_sums_match(
    run: Path, verify: Callable[..., str]
) -> None:
    member = run / "members/fold0"
    settings = {**provenance.read(member)["settings"], "seed": 7}  # type: ignore[dict-item]
    edited(member, settings=settings)
    said = verify(2, run)
    assert first(said).startswith(f"{member}/run.json: SHA-256 of settings is ")
    # With the hash edited too, the run's record still knows better.
    edited(member, settings_hash=provenance.settings_hash(settings))
    said = verify(2, run)
    assert first(said).startswith(f"{member}/run.json: SHA-256 is ")
    assert "run.json lists another" in said
    edited(member, commit=None)
    assert f"{member}/run.json" in first(verify(2, run))


def test_an_origin_edited_in_a_record_is_named(run: Path, verify: Callable[..., str]) -> None:
    edited(run / "stores/fold0/oof", data=["0" * 64])
    edited(run / "members/fold0", folds=["0" * 64])
    said = verify(2, run)
    assert f"{run}/stores/fold0/oof/run.json: data is 0000000000000000..., expected " in said
    assert f"{run}/members/fold0/run.json: folds is 0000000000000000..., expected " in said


def test_a_shard_that_was_not_merged_is_named(run: Path, verify: Callable[..., str]) -> None:
    shutil.rmtree(run / "shards/1")
    verify(0, run)
    merged = provenance.read(run / "merged")
    edited(run / "merged", shards=["0" * 64, *merged["shards"][1:]])  # type: ignore[index]
    verify(0, run)
    edited(run / "merged", shards=["0" * 64, "1" * 64])
    assert first(verify(2, run)).startswith(f"{run}/shards/2: content hash is ")


@pytest.mark.parametrize(("folder", "what"), [("DCM", "image"), ("outputs_json", "annotation")])
def test_data_that_changed_are_named_file_by_file(
    done: Path, data: Path, tmp_path: Path, folder: str, what: str, verify: Callable[..., str]
) -> None:
    changed = Path(shutil.copytree(data, tmp_path / "data"))
    one, *_, last = sorted((changed / "train" / folder).rglob("*.*"))
    before = sums.file_sha256(one)
    for path in (last, one):
        flip(path)
    said = verify(2, done, "--data", changed)
    after = sums.file_sha256(one)
    expected = f"{one}: SHA-256 of the {what} is {after[:16]}..., expected {before[:16]}...; put"
    assert first(said).startswith(expected)
    assert f"{last}: SHA-256 of the {what} is " in said
    assert "1 of 17 differ" in said


def test_images_that_came_and_went_and_changed_hands_are_named(
    done: Path, data: Path, tmp_path: Path, verify: Callable[..., str]
) -> None:
    changed = Path(shutil.copytree(data, tmp_path / "data"))
    gone, *_, moved = sorted((changed / "train/DCM").rglob("*.png"))
    shutil.copyfile(moved, next((changed / "test/DCM").iterdir()) / "new.png")
    gone.unlink()
    for kind, end in (("DCM", ".png"), ("outputs_json", ".json")):
        path = changed / "train" / kind / moved.parent.name / f"{moved.stem}{end}"
        path.rename(changed / "train" / kind / gone.parent.name / path.name)
    said = verify(2, done, "--data", changed)
    assert first(said).startswith(f"{changed}: train image {gone.name}: presence is absent")
    assert "new.png: presence is there, expected absent" in said
    assert f"{moved.name}: person is {gone.parent.name}, expected {moved.parent.name}" in said


@pytest.mark.parametrize("name", ["cache", "folds.csv", "members/fold0", "run.json"])
def test_a_single_artifact_is_verified_alone(
    run: Path, name: str, verify: Callable[..., str]
) -> None:
    assert "1 verified" in verify(0, run / name)
    victim = run / name if (run / name).is_file() else run / name / "run.json"
    flip(victim)
    assert first(verify(2, run / name)).startswith(f"{victim}: SHA-256 is ")


def test_a_fold_table_alone_says_no_more_than_that_the_data_changed(
    done: Path, data: Path, tmp_path: Path, verify: Callable[..., str]
) -> None:
    assert "2 verified" in verify(0, done / "folds.csv", "--data", data)
    changed = Path(shutil.copytree(data, tmp_path / "data"))
    flip(next((changed / "test").rglob("*.png")))  # which plays no role in a split
    verify(0, done / "folds.csv", "--data", changed)
    flip(next((changed / "train").rglob("*.png")))
    line = first(verify(2, done / "folds.csv", "--data", changed))
    assert line.startswith(f"{done}/folds.csv.run.json: parents.train_part is ")
    refused = verify(2, done / "submission.csv", "--data", data)
    assert "nothing here was made from raw data" in refused


def test_what_cannot_be_verified_is_refused(tmp_path: Path, verify: Callable[..., str]) -> None:
    assert "not found; give the folder of a run" in verify(2, tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("mine")
    assert "holds nothing that handseg made" in verify(2, tmp_path)


def test_json_holds_every_difference_and_the_first(run: Path, verify: Callable[..., str]) -> None:
    fine = json.loads(verify(0, run, "--json"))
    assert fine["ok"] and fine["first"] is None
    assert len(fine["artifacts"]) == 16
    flip(run / "submission.csv")
    answer = json.loads(verify(2, run, "--json"))
    wrong = [one for one in answer["artifacts"] if one["differences"]]
    assert [one["name"] for one in wrong] == ["submission.csv"]
    assert answer["first"] == wrong[0]["differences"][0]
    assert answer["first"]["found"] == sums.file_sha256(run / "submission.csv")


def test_a_run_in_a_bucket_is_verified_there(
    done: Path, object_store: Path, verify: Callable[..., str]
) -> None:
    shutil.copytree(done, object_store / "run")
    place = f"s3://{object_store.name}/run"
    assert "16 verified" in verify(0, place)
    assert "1 verified" in verify(0, f"{place}/folds.csv")
    flip(object_store / "run/members/fold0/card.json")
    (object_store / "run/cache/notes.txt").write_text("mine")
    said = verify(2, place)
    assert f"{place}/members/fold0/card.json: does not match its SHA-256" in said
    assert f"{place}/cache/notes.txt: its line in SHA256SUMS is absent" in said
    assert "not found" in verify(2, f"{place}/nowhere")


def test_people_under_a_key_are_compared_under_the_same(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Callable[..., str]
) -> None:
    monkeypatch.setenv(VARIABLE, "k" * 32)
    folds = ["--data", str(data), "--out", str(tmp_path / "out/folds.csv")]
    assert cli.main(["split", *folds, "--settings.folds", "2"]) == 0
    words = ["--folds", str(tmp_path / "out/folds.csv"), "--out", str(tmp_path / "out/cache")]
    assert cli.main(["preprocess", "--data", str(data), *words]) == 0
    verify(0, tmp_path / "out", "--data", data)
    monkeypatch.delenv(VARIABLE)
    verify(0, tmp_path / "out")
    assert f"{VARIABLE} is not set" in verify(2, tmp_path / "out", "--data", data)
