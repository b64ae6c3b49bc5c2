import json
from pathlib import Path

import numpy as np

from handseg.dataset.phantom import mistakes, writer


def labels(path: Path) -> dict[str, list[list[int]]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return {entry["label"]: entry["points"] for entry in document["annotations"]}


def test_each_kind_does_to_the_labels_what_it_is_called(tmp_path: Path) -> None:
    for out, wrong in (("right", 0), ("wrong", 3)):
        writer.write_dataset(tmp_path / out, people=4, size=64, seed=1, wrong_labels=wrong)
    made = json.loads((tmp_path / "wrong" / "demo.json").read_text())["mistakes"]
    assert sorted(made.values()) == sorted(mistakes.KINDS)
    for path in (tmp_path / "wrong" / "train" / "outputs_json").rglob("*.json"):
        right = labels(tmp_path / "right" / path.relative_to(tmp_path / "wrong"))
        wrong_now = labels(path)
        changed = {bone for bone in right if right[bone] != wrong_now[bone]}
        match made.get(f"{path.stem}.png"):
            case "mirrored hand":
                assert changed == {
                    "finger-1", "finger-3", "Trapezium", "Hamate", "Radius", "Ulna",
                }  # fmt: skip
                assert wrong_now["Radius"] == right["Ulna"]
            case "Pisiform over Ulna":
                assert changed == {"Pisiform"}
                centres = [np.mean(wrong_now[bone], axis=0) for bone in ("Pisiform", "Ulna")]
                assert np.abs(centres[0] - centres[1]).max() < 1
            case "Trapezium and Trapezoid exchanged":
                assert changed == {"Trapezium", "Trapezoid"}
            case None:
                assert not changed
            case other:
                raise AssertionError(other)


def test_a_data_set_without_mistakes_says_nothing_of_them(tmp_path: Path) -> None:
    writer.write_dataset(tmp_path / "hands", people=1, size=64, seed=1)
    assert set(json.loads((tmp_path / "hands" / "demo.json").read_text())) == {
        "people", "test_people", "size", "seed", "generator",
    }  # fmt: skip
