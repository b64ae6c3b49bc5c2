import json
from pathlib import Path

from handseg import summary


def test_a_fold_table_is_counted(tmp_path: Path) -> None:
    table = tmp_path / "folds.csv"
    table.write_text(
        "image_name,person,fold\na.png,p1,0\nb.png,p1,0\nc.png,p2,1\nd.png,p3,0\n", encoding="utf-8"
    )
    assert summary.of_folds(table) == {
        "images": 4,
        "people": 3,
        "folds": 2,
        "smallest_fold": 1,  # c.png alone
        "largest_fold": 3,
    }


def test_a_validated_checkpoint_gives_its_dice_first(tmp_path: Path) -> None:
    card = {
        "steps": 120,
        "parameters": 5000,
        "mean_dice": 0.75,
        "dice_per_class": {"Radius": 0.9, "Pisiform": 0.6},
        "history": [],
    }
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    numbers = summary.of_checkpoint(tmp_path)
    assert list(numbers) == ["mean_dice", "steps", "parameters", "Radius", "Pisiform"]
    assert numbers["mean_dice"] == 0.75


def test_a_checkpoint_without_validation_gives_no_dice(tmp_path: Path) -> None:
    card = '{"steps": 1, "parameters": 2, "mean_dice": null, "dice_per_class": {}}'
    (tmp_path / "card.json").write_text(card, encoding="utf-8")
    assert summary.of_checkpoint(tmp_path) == {"steps": 1, "parameters": 2}


def test_the_origin_says_what_made_it_from_what(tmp_path: Path) -> None:
    record = {
        "commit": "abc",
        "image": "x@sha256:0",
        "seed": 7,
        "data": ["1", "2"],
        "parents": {"cache": "1f", "folds": "2e"},
        "host": "here",
    }
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert summary.of_origin(tmp_path) == {
        "commit": "abc",
        "image": "x@sha256:0",
        "data": "1 2",
        "seed": "7",
        "parent_cache": "1f",
        "parent_folds": "2e",
    }


def test_the_origin_of_a_file_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "folds.csv.run.json").write_text('{"commit": "abc"}', encoding="utf-8")
    (tmp_path / "folds.csv").write_text("", encoding="utf-8")
    assert summary.of_origin(tmp_path / "folds.csv") == {"commit": "abc"}


def test_a_run_that_succeeded_is_told_by_what_is_known_of_it() -> None:
    text = summary.of_end(state="SUCCEEDED", error=None, facts={"run": "r1", "name": ""})
    assert text == "# Run succeeded\n\n| | |\n|---|---|\n| run | `r1` |\n"


def test_a_run_that_failed_says_why_and_how_to_go_on() -> None:
    text = summary.of_end(state="FAILED", error="train: exit code 3", facts={"run": "r1"})
    assert "\n\ntrain: exit code 3\n" in text
    assert "-l pipeline/runid=r1" in text


def test_texts_of_a_run_cannot_break_out_of_its_end() -> None:
    hostile = "`|<img src=x onerror=alert(1)>\n# x"
    text = summary.of_end(state="FAILED", error=hostile, facts={"run": "r1", "name": hostile})
    assert "| name | `'\\|<img src=x onerror=alert(1)> # x` |" in text
    assert "\\`\\|&lt;img src=x onerror=alert(1)> # x\n" in text
