import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from handseg import provenance
from handseg.errors import BadInput, MissingInput
from handseg.report import wording
from handseg.stages.report import report
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.unit.report.made_run import MadeRun, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    folder = tmp_path_factory.mktemp("runs") / "stage"
    return make_run(folder, members={"one": 0, "two": 1}, test_people=(), side=64)


def test_the_page_bears_the_run_s_name_and_its_own_provenance(run: MadeRun, tmp_path: Path) -> None:
    folder = tmp_path / "my run"
    run.report(folder / "report.html")
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "<h1>my run: 29 hand bones in X-rays</h1>" in html
    record = provenance.read(folder / "report.html")
    assert record["stage"] == "report"
    parents = record["parents"]
    assert isinstance(parents, dict)
    assert parents["cache"] == artifact.content_hash(run.folder / "cache")
    assert set(parents) == {
        "cache", "folds", "submission", "member_0", "member_1", "store_0", "store_1",
    }  # fmt: skip


def test_a_file_without_a_page_s_name_says_nothing_of_its_folder(
    run: MadeRun, tmp_path: Path
) -> None:
    run.report(tmp_path / "report")
    assert "<h1>handseg: 29 hand bones" in (tmp_path / "report").read_text(encoding="utf-8")


def test_markdown_is_written_on_demand(run: MadeRun, tmp_path: Path) -> None:
    run.report(tmp_path / "report.html", markdown=tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("# Dice 0.")


def test_a_complete_report_is_not_made_again(
    run: MadeRun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run.report(tmp_path / "report.html")
    written = (tmp_path / "report.html").stat().st_mtime_ns
    with caplog.at_level(logging.INFO, "handseg"):
        run.report(tmp_path / "report.html")
    assert "complete: nothing to report" in caplog.text
    assert (tmp_path / "report.html").stat().st_mtime_ns == written


def test_without_images_the_page_shows_no_xray_and_tells_of_the_same(
    run: MadeRun, tmp_path: Path
) -> None:
    run.report(tmp_path / "shown.html")
    run.report(tmp_path / "bare.html", no_images=True)
    shown, bare = ((tmp_path / name).read_text() for name in ("shown.html", "bare.html"))
    assert "data:image" in shown and "<img" in shown
    assert "data:image" not in bare and "<img" not in bare and 'id="show-truth"' not in bare
    assert wording.NO_IMAGES in bare and wording.NO_IMAGES not in shown
    for page in (shown, bare):
        assert page.count('<article class="hand">') == 6
        assert page.count("mean Dice <strong>") == 6
    assert provenance.read(tmp_path / "bare.html")["settings"] == {"no_images": True}


def test_a_report_with_images_is_not_taken_for_one_without(run: MadeRun, tmp_path: Path) -> None:
    run.report(tmp_path / "report.html")
    with pytest.raises(BadInput, match=r"settings\.no_images: \(none\) -> True"):
        run.report(tmp_path / "report.html", no_images=True)


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    folder = tmp_path_factory.mktemp("runs") / "tested"
    return make_run(folder, members={"one": 0, "two": 1}, side=64)


def test_the_stores_that_voted_show_where_members_disagree(tested: MadeRun, tmp_path: Path) -> None:
    tested.report(tmp_path / "report.html", voters=True)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Compared are 2 test images" in html
    parents = provenance.read(tmp_path / "report.html")["parents"]
    assert isinstance(parents, dict)
    for number, name in enumerate(("one", "two")):
        store = tested.folder / "stores" / name / "test"
        assert parents[f"voter_{number}"] == artifact.content_hash(store)


def test_out_of_fold_stores_that_voted_are_read_once(run: MadeRun, tmp_path: Path) -> None:
    stores = [run.place(f"stores/{name}/oof") for name in run.members]
    report(
        cache=run.place("cache"),
        folds=run.place("folds.csv"),
        members=[run.place(f"members/{name}") for name in run.members],
        stores=stores,
        submission=run.place("submission.csv"),
        out=Location(str(tmp_path / "report.html")),
        voters=stores,
    )
    parents = provenance.read(tmp_path / "report.html")["parents"]
    assert isinstance(parents, dict) and "voter_0" not in parents


def test_test_stores_of_some_members_alone_are_refused(tested: MadeRun, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="1 test stores of 2 members; give one per member, or none"):
        report(
            cache=tested.place("cache"),
            folds=tested.place("folds.csv"),
            members=[tested.place(f"members/{name}") for name in tested.members],
            stores=[tested.place(f"stores/{name}/oof") for name in tested.members],
            submission=tested.place("submission.csv"),
            out=Location(str(tmp_path / "report.html")),
            voters=[tested.place("stores/one/test")],
        )
    assert not list(tmp_path.iterdir())


def test_what_the_report_took_stands_in_its_record(run: MadeRun, tmp_path: Path) -> None:
    run.report(tmp_path / "report.html")
    memory = provenance.read(tmp_path / "report.html")["memory"]
    assert isinstance(memory, dict) and memory["peak_bytes"] > 2**20


def test_stores_and_members_must_be_as_many(run: MadeRun, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="1 members and 0 stores; give one store per member"):
        report(
            cache=run.place("cache"),
            folds=run.place("folds.csv"),
            members=[run.place("members/one")],
            stores=[],
            submission=run.place("submission.csv"),
            out=run.place("never.html"),
        )


def test_a_member_given_twice_is_refused(run: MadeRun, tmp_path: Path) -> None:
    twice = replace(run, members=["one", "one"])
    with pytest.raises(BadInput, match="give each a name of its own"):
        twice.report(tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


def test_a_member_that_did_not_vote_is_refused(run: MadeRun, tmp_path: Path) -> None:
    changed = MadeRun(tmp_path / "changed", run.members)
    shutil.copytree(run.folder, changed.folder)
    csv = changed.folder / "submission.csv"
    record, rows = provenance.read(csv), csv.read_bytes()
    voters = [{"name": "two", "weight": 1.0}, {"name": "three", "weight": 1.0}]
    with artifact.writing(changed.place("submission.csv"), folder=False, replace=True) as path:
        path.write_bytes(rows)
        provenance.write(path, {**record, "members": voters})
    with pytest.raises(BadInput, match="member one: did not vote .* are .'two', 'three'."):
        changed.report(tmp_path / "report.html")


def test_an_input_that_is_not_there_is_named(run: MadeRun, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="members/none: not found"):
        replace(run, members=["none"]).report(tmp_path / "report.html")


@pytest.mark.parametrize(
    "name",
    [
        "members/one/card.json",
        "stores/two/oof/probabilities.arrow",
        "stores/two/oof/SHA256SUMS",
        "folds.csv",
        "submission.csv",
        "submission.csv.run.json",
        "cache/train.arrow",
        "cache/index.json",
    ],
)
def test_a_damaged_input_is_named_and_nothing_is_reported(
    run: MadeRun, tmp_path: Path, name: str
) -> None:
    damaged = MadeRun(tmp_path / "damaged", run.members)
    shutil.copytree(run.folder, damaged.folder)
    path = damaged.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x80
    path.write_bytes(content)
    with pytest.raises(BadInput) as refusal:
        damaged.report(tmp_path / "report.html")
    assert str(path) in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["damaged"]
