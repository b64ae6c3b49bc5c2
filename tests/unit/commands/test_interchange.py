"""`import-dicom`, `export-masks` and `measure` as a user calls them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from handseg import bones, cli
from handseg.ensemble import submission
from handseg.images import reading
from handseg.masks import rle
from tests.drawing import write_tiny_dataset
from tests.unit.interchange.made_dicom import SECRET, write


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_tiny_dataset(tmp_path / "data", people=1, size=(40, 48), seed=2)
    return tmp_path / "data"


def image_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_dicom_files_become_a_part_of_the_data(tmp_path: Path, data: Path) -> None:
    pixels = np.arange(48 * 40, dtype=np.uint16).reshape(40, 48) * 2
    source = tmp_path / "dicom"
    for number, side in enumerate("RL"):
        write(source / "visit" / f"hand{number}.dcm", pixels + number, ImageLaterality=side,
              PixelSpacing=["0.5", "0.5"])  # fmt: skip
    assert cli.main(["import-dicom", str(source), "--out", str(data)]) == 0
    images = sorted((data / "test" / "DCM").rglob("*.png"))
    assert [path.relative_to(data / "test" / "DCM").as_posix() for path in images] == [
        "P17/hand0_R.png",
        "P17/hand1_L.png",
    ]
    assert reading.read_grey(images[0]).shape == (40, 48)
    assert cli.main(["check", str(data)]) == 0
    everything = image_bytes(data / "test")
    assert SECRET.encode() not in everything and b"19700101" not in everything
    assert "hand0_R.png,0.5,0.5,PixelSpacing" in (data / "test/pixel_spacing.csv").read_text()


def test_names_that_come_twice_and_ids_that_are_refused_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.arange(16, dtype=np.uint16).reshape(4, 4)
    source, out = tmp_path / "dicom", tmp_path / "data"
    for visit in ("first", "second"):
        write(source / visit / "hand.dcm", pixels)
    words = ["import-dicom", str(source), "--out", str(out)]
    assert cli.main(words) == 2
    assert "--names uid" in capsys.readouterr().err
    assert not (out / "test").exists()
    write(source / "second" / "hand.dcm", pixels, PatientID="Jane Doe")
    assert cli.main(words) == 2
    assert "PatientID 'Jane Doe' is refused" in capsys.readouterr().err
    assert cli.main([*words, "--people", "folder", "--names", "uid"]) == 2  # one uid for one name
    write(source / "second" / "other.dcm", pixels)
    (source / "second" / "hand.dcm").unlink()
    assert cli.main([*words, "--people", "folder", "--names", "uid"]) == 0
    people = {path.name for path in (out / "test" / "DCM").iterdir()}
    assert people == {"first", "second"}


@pytest.mark.parametrize("form", ["png", "nifti", "coco", "labelme"])
def test_annotations_are_exported_whole(data: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / form
    assert cli.main(["export-masks", "--data", str(data), "--out", str(out), "--form", form]) == 0
    names = sorted(path.stem for path in (data / "train").rglob("*.png"))
    if form in ("png", "nifti"):
        assert sorted(path.name for path in out.iterdir() if path.is_dir()) == names
        assert len(list((out / names[0]).iterdir())) == bones.COUNT
    if form == "coco":
        document = json.loads((out / "instances.json").read_text())
        assert len(document["annotations"]) == bones.COUNT * len(names)
        assert [one["name"] for one in document["categories"]] == list(bones.NAMES)
    if form == "labelme":
        assert {f"{name}.json" for name in names} <= {path.name for path in out.iterdir()}


def test_a_submissions_bones_are_measured_in_mm(data: Path, tmp_path: Path) -> None:
    (image, *_) = sorted((data / "train").rglob("*.png"))
    mask = np.zeros((40, 48), np.bool_)
    mask[10:20, 5:25] = True
    runs = [rle.empty()] * bones.COUNT
    runs[bones.CLASS_ID["Ulna"]] = rle.runs_of(mask)
    submission.write(tmp_path / "s.csv", [(image.name, runs)])
    (data / "train" / "pixel_spacing.csv").write_text(
        f"image_name,row_mm,column_mm,from\n{image.name},0.5,0.5,PixelSpacing\n"
    )
    words = ["measure", "--data", str(data), "--submission", str(tmp_path / "s.csv")]
    assert cli.main([*words, "--out", str(tmp_path / "m.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))
    assert len(rows) == bones.COUNT
    ulna = rows[bones.CLASS_ID["Ulna"]]
    # 10 x 20 pixels of 0.5 x 0.5 mm: 50 mm2.
    assert (ulna["area_px"], float(ulna["area_mm2"])) == ("200", 50)
    assert [ulna[key] for key in ("left", "top", "width", "height")] == ["5", "10", "20", "10"]
    assert float(ulna["long_axis_mm"]) == pytest.approx(0.5 * float(ulna["long_axis_px"]), abs=1e-3)
    assert rows[0]["area_px"] == "0" and rows[0]["centre_x"] == ""
    assert cli.main([*words, "--out", str(tmp_path / "m.json")]) == 0
    assert json.loads((tmp_path / "m.json").read_text())[28]["area_mm2"] == 50


def test_a_submission_of_other_data_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    submission.write(tmp_path / "s.csv", [("stranger.png", [rle.empty()] * bones.COUNT)])
    words = ["measure", "--data", str(data), "--submission", str(tmp_path / "s.csv")]
    assert cli.main([*words, "--out", str(tmp_path / "m.csv")]) == 2
    assert "stranger.png is no image of" in capsys.readouterr().err
    assert not (tmp_path / "m.csv").exists()
