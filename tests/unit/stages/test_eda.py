"""`handseg eda` on a data set in which labels were spoiled on purpose."""

import json
import shutil
from pathlib import Path

import pytest

from handseg import cli
from handseg.pseudonyms import VARIABLE
from handseg.report import wording

SPOILED = 4


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eda") / "hands"
    words = ["--people", "14", "--test-people", "6", "--size", "256", "--seed", "2"]
    assert cli.main(["demo-data", str(folder), *words, "--wrong_labels", str(SPOILED)]) == 0
    return folder


@pytest.fixture(scope="module")
def looked(data: Path) -> Path:
    out = data.with_name("eda")
    assert cli.main(["eda", str(data), "--out", str(out)]) == 0
    return out


def test_planted_wrong_labels_are_the_first_found(data: Path, looked: Path) -> None:
    planted = json.loads((data / "demo.json").read_text())["mistakes"]
    assert len(planted) == SPOILED
    facts = json.loads((looked / "eda.json").read_text())
    first = list(dict.fromkeys(one["image_name"] for one in facts["outliers"]))
    assert set(first[:SPOILED]) == set(planted)
    of = {one["image_name"]: one for one in reversed(facts["outliers"])}
    for name, mistake in planted.items():
        if mistake == "Pisiform over Ulna":
            assert of[name]["bones"] == ["Pisiform"]
        elif mistake == "Trapezium and Trapezoid exchanged":
            assert of[name]["reason"] == "labels exchanged: Trapezium and Trapezoid"
        else:
            assert "Radius and Ulna" in of[name]["reason"]


def test_the_test_part_is_more_often_tilted(looked: Path) -> None:
    tilted = json.loads((looked / "eda.json").read_text())["tilted_fraction"]
    assert tilted["test"] > tilted["train"] + 0.2


def test_the_page_shows_the_images_and_stays_small(data: Path, looked: Path) -> None:
    html = (looked / "eda.html").read_text(encoding="utf-8")
    assert len(html) < 4_000_000
    for name in json.loads((data / "demo.json").read_text())["mistakes"]:
        assert f"X-ray {name}" in html


def test_without_images_the_same_is_told_in_words(
    data: Path, looked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["eda", str(data), "--out", str(tmp_path / "bare"), "--no-images"]) == 0
    bare = (tmp_path / "bare" / "eda.html").read_text(encoding="utf-8")
    shown = (looked / "eda.html").read_text(encoding="utf-8")
    assert "<img" in shown and "<img" not in bare and "data:image" not in bare
    assert wording.NO_IMAGES in bare and wording.NO_IMAGES not in shown
    assert shown.count('<article class="hand">') == bare.count('<article class="hand">') > 0
    facts = [(folder / "eda.json").read_text() for folder in (looked, tmp_path / "bare")]
    assert facts[0] == facts[1]
    assert cli.main(["eda", str(data), "--out", str(looked), "--no-images"]) == 2
    assert "settings.no_images: (none) -> True" in capsys.readouterr().err


def test_under_a_key_no_id_is_on_the_page_or_in_the_figures(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "k" * 32)
    out = tmp_path / "hidden"
    assert cli.main(["eda", str(data), "--out", str(out)]) == 0
    ids = [folder.name for folder in (data / "train" / "DCM").iterdir()]
    for file in out.iterdir():
        assert not [person for person in ids if person in file.read_text(encoding="utf-8")]
    monkeypatch.delenv(VARIABLE)
    assert cli.main(["eda", str(data), "--out", str(out)]) == 2


def test_a_second_look_does_nothing(
    data: Path, looked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (looked / "eda.html").stat().st_mtime_ns
    assert cli.main(["eda", str(data), "--out", str(looked)]) == 0
    assert "nothing to do" in capsys.readouterr().err
    assert (looked / "eda.html").stat().st_mtime_ns == before


def test_data_that_others_refuse_is_looked_at_and_its_faults_come_first(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(shutil.copytree(data, tmp_path / "hands"))
    images = sorted((broken / "train" / "DCM").glob("*/*.png"))
    short, empty, cut, twin = (images[number] for number in (0, 5, 10, 15))
    document = json.loads((of := annotation(short)).read_text())
    document["annotations"] = [a for a in document["annotations"] if a["label"] != "finger-5"]
    of.write_text(json.dumps(document))
    annotation(empty).write_text("{")
    cut.write_bytes(cut.read_bytes()[:1000])
    shutil.copy(images[20], twin)
    assert cli.main(["eda", str(broken), "--out", str(tmp_path / "eda")]) == 0
    said = capsys.readouterr().err
    facts = json.loads((tmp_path / "eda" / "eda.json").read_text())
    assert facts["images"]["train"] == len(images) - 1
    first = {one["image_name"]: one for one in facts["outliers"][:4]}
    # Of twins the second one is told of.
    assert set(first) == {short.name, empty.name, cut.name, images[20].name}
    assert {one["score"] for one in first.values()} == {1.0}
    assert first[short.name]["bones"] == ["finger-5"]
    for name, reason in {
        short.name: "refused: bones missing (finger-5)",
        empty.name: "refused: no JSON",
        cut.name: "refused: unusable image (truncated",
        images[20].name: f"the same pixels as {twin.name} of person {twin.parent.name}",
    }.items():
        assert first[name]["reason"].startswith(reason)
        assert f"{name}: {reason}" in said
    assert "images for which other commands refuse" in (tmp_path / "eda" / "eda.html").read_text()
    assert cli.main(["check", str(broken)]) == 2


def test_data_without_any_readable_image_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(shutil.copytree(data, tmp_path / "hands"))
    for path in broken.glob("*/DCM/*/*.png"):
        path.write_bytes(b"")
    assert cli.main(["eda", str(broken), "--out", str(tmp_path / "eda")]) == 2
    assert "no image can be read" in capsys.readouterr().err


def annotation(image: Path) -> Path:
    part = image.parents[2]
    return part / "outputs_json" / image.parent.name / f"{image.stem}.json"


def test_other_data_is_refused(
    data: Path, looked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(data, tmp_path / "hands"))
    shutil.rmtree(next((other / "test" / "DCM").iterdir()))
    assert cli.main(["eda", str(other), "--out", str(looked)]) == 2
    assert "was made otherwise" in capsys.readouterr().err
