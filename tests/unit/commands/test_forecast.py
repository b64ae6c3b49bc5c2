"""`handseg plan`; how near it comes is measured, and stands in the README: no test is timed."""

import json
from pathlib import Path

import pytest
import yaml

from handseg import cli
from handseg.presets import catalogue
from tests.drawing import write_tiny_dataset


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan") / "data"
    write_tiny_dataset(folder, people=4, test_people=1, size=(96, 96), seed=4)
    return folder


def test_every_step_has_time_and_disk(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "smoke", "--data", str(data), "--json", "--train.length", "12"]
    assert cli.main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [line["step"] for line in answer["steps"]] == [
        "check, split, eda", "preprocess", "train fold0", "infer fold0", "train fold1",
        "infer fold1", "ensemble, report",
    ]  # fmt: skip
    train = answer["steps"][2]
    # 4 of 8 images are held out, and the smoke preset validates at the end alone.
    assert train["amount"] == "4 images, 12 steps, 1 validation"
    assert all(line["seconds"] > 0 and line["disk_bytes"] > 0 for line in answer["steps"])
    assert answer["seconds"] == pytest.approx(sum(line["seconds"] for line in answer["steps"]))
    # 10 images of 96 x 96 uncompressed, and their polygons.
    assert 10 * 96 * 96 < answer["steps"][1]["disk_bytes"] < 2 * 10 * 96 * 96
    assert answer["peak_memory_bytes"] > 100_000_000
    assert answer["free_bytes"] > 0


def test_a_table_is_for_people(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "smoke", "--data", str(data), "--train.length", "5"]) == 0
    printed = capsys.readouterr().out
    assert "train fold1" in printed and "4 images, 5 steps, 1 validation" in printed
    assert "of disk are free" in printed


def test_the_settings_of_a_run_are_a_preset(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["plan", "seed_ensemble", "--data", str(data), "--settings", "--train.seed", "7"]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert all(member["train"]["seed"] == 7 for member in yaml.safe_load(printed)["members"])
    path = tmp_path / "again.yaml"
    path.write_text(printed)
    again, named = (
        catalogue.load(str(path)),
        catalogue.load("seed_ensemble", {"train": {"seed": 7}}),
    )
    assert (again.members, again.ensemble, again.weights) == (
        named.members, named.ensemble, named.weights,
    )  # fmt: skip


def test_data_without_images_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "smoke", "--data", str(tmp_path)]) == 2
    assert "train" in capsys.readouterr().err
