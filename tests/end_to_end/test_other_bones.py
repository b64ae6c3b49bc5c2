"""Twelve bones of a foot, by a YAML of their names: every stage, and the commands around them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOOT = """
names: [Talus, Calcaneus, Navicular, Cuboid, Cuneiform-1, Cuneiform-2, Cuneiform-3,
        Metatarsal-1, Metatarsal-2, Metatarsal-3, Metatarsal-4, Metatarsal-5]
groups: {hindfoot: [Talus, Calcaneus], cuneiforms: [Cuneiform-1, Cuneiform-2, Cuneiform-3]}
overlapping: [[Cuneiform-1, Cuneiform-2]]
"""
DRAW = """
import sys
from pathlib import Path
from tests.drawing import write_tiny_dataset
write_tiny_dataset(Path(sys.argv[1]), people=4, test_people=1, size=(96, 96), seed=3)
"""
SHORT = ("--train.length", "6", "--train.learning_rate", "1e-2")


@pytest.fixture(scope="module")
def feet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feet")
    (folder / "foot.yaml").write_text(FOOT)
    python(folder, "-c", DRAW, "data")
    handseg(folder, "run", "--data", "data", "--out", "run", "--preset", "smoke", *SHORT)
    return folder


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {"HANDSEG_BONES": str(folder / "foot.yaml"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done


def handseg(folder: Path, *words: str) -> str:
    done = python(folder, "-m", "handseg", *words)
    return done.stdout + done.stderr


def test_every_image_has_a_row_for_each_bone(feet: Path) -> None:
    lines = (feet / "run" / "submission.csv").read_text().splitlines()[1:]
    assert len(lines) == 2 * 12
    assert [line.split(",")[1] for line in lines[:2]] == ["Talus", "Calcaneus"]
    handseg(feet, "validate", "--data", "data", "--submission", "run/submission.csv")


def _words(page: str) -> str:
    return re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)


def test_the_report_and_the_look_name_the_bones(feet: Path) -> None:
    report = (feet / "run" / "report.html").read_text(encoding="utf-8")
    assert "12 bones in X-rays" in report and "hindfoot" in report
    assert "finger-1" not in report
    look = (feet / "run" / "eda" / "eda.html").read_text(encoding="utf-8")
    of_hands = re.compile(r"\b(hands?|finger|palm|wrists?)\b", re.IGNORECASE)
    assert [of_hands.findall(_words(page)) for page in (report, look)] == [[], []]
    facts = json.loads((feet / "run" / "eda" / "eda.json").read_text())
    assert [row["name"] for row in facts["bones"]][:2] == ["Talus", "Calcaneus"]


def test_the_look_speaks_of_no_hands(feet: Path) -> None:
    page = (feet / "run" / "eda" / "eda.html").read_text(encoding="utf-8")
    text = re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert "size of all bones" in text
    assert not re.findall(r".*\bhands?\b.*", text)


def test_masks_are_measured_by_name(feet: Path) -> None:
    words = ("--submission", "run/submission.csv", "--out", "figures.json")
    handseg(feet, "measure", "--data", "data", *words)
    assert len(json.loads((feet / "figures.json").read_text())) == 2 * 12


def test_a_member_for_other_bones_is_refused(feet: Path) -> None:
    words = [sys.executable, "-m", "handseg", "infer", "--part", "test", "--out", "other",
             "--checkpoint", "run/members/fold0", "--cache", "run/cache"]  # fmt: skip
    variables = {key: value for key, value in os.environ.items() if key != "HANDSEG_BONES"}
    variables["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(words, capture_output=True, text=True, cwd=feet, env=variables)
    assert done.returncode == 2
    assert "are not the 29 bones" in done.stderr and "HANDSEG_BONES" in done.stderr


def test_what_is_about_hands_alone_says_so(feet: Path) -> None:
    variables = {**os.environ, "HANDSEG_BONES": str(feet / "foot.yaml"), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "handseg", "demo-data", str(feet / "hands")]
    done = subprocess.run(words, capture_output=True, text=True, env=variables)
    assert done.returncode == 2
    assert "about hands alone; unset HANDSEG_BONES" in done.stderr
