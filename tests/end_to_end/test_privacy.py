"""A whole run on hands that carry words in every place where a person could be told by them, with
secrets in its environment: what comes out again, and whom the processes call."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from handseg.pseudonyms import VARIABLE, Pseudonyms
from tests.contract.source_tree import modules
from tests.end_to_end import canary, listening

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
HANDS = ["--people", "4", "--test-people", "1", "--size", "160", "--seed", "5"]
FEW_STEPS = ["--preset", "smoke", "--train.length", "6", "--train.learning_rate", "1e-2"]
PERSON, NOTE = "canary-of-person", "canary-of-metadata"
SECRETS = {
    VARIABLE: "canary-of-person-key-0123456789abcdef",
    "AWS_ACCESS_KEY_ID": "CANARYOFACCESSKEY",
    "AWS_SECRET_ACCESS_KEY": "canary-of-secret-key",
    "AWS_SESSION_TOKEN": "canary-of-session-token",
    "KF_PIPELINES_TOKEN": "canary-of-kfp-token",
    "HF_TOKEN": "canary-of-hugging-face",
}
REPORT = ["--folds", "folds.csv", "--cache", "cache", "--submission", "submission.csv"]


@dataclass(frozen=True)
class Whole:
    """Everything that the commands wrote and said."""

    root: Path
    log: str

    @property
    def hidden(self) -> Path:
        """The run under a key, its report without images."""
        return self.root / "hidden"

    @property
    def plain(self) -> Path:
        """The run whose people keep their ids."""
        return self.root / "plain"


def handseg(*words: object, cwd: Path, variables: Mapping[str, str]) -> str:
    """A command that must succeed; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "handseg", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def write_hands(folder: Path) -> None:
    """Synthetic hands of people with long names, whose PNGs carry a note."""
    handseg("demo-data", folder, *HANDS, cwd=folder.parent, variables={"PYTHONPATH": str(ROOT)})
    for person in sorted(folder.glob("*/*/ID*")):
        renamed = person.with_name(f"{PERSON}-{person.name}")
        for file in person.iterdir():
            if file.suffix == ".png":
                canary.mark(file, NOTE)
            else:
                file.write_text(file.read_text().replace(person.name, renamed.name))
        person.rename(renamed)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of this module write down whom they call."""
    folder = tmp_path_factory.mktemp("calls") / "hook"
    listening.environment(folder)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, calls: Path) -> Whole:
    root, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("raw") / "hands"
    write_hands(data)
    watched = {
        "PYTHONPATH": f"{calls}:{ROOT}",
        "HANDSEG_TEST_CALLS": str(calls / "calls"),
        **SECRETS,
    }
    run = ["run", "--data", data, *FEW_STEPS]
    log = handseg(*run, "--out", root / "hidden", "--no-images", cwd=root, variables=watched)
    members = [f"members/fold{fold}" for fold in (0, 1)]
    stores = [f"stores/fold{fold}/oof" for fold in (0, 1)]
    log += handseg(
        "report", *REPORT, "--members", *members, "--stores", *stores, "--out", root / "shown.html",
        "--markdown", root / "shown.md", "--confusion", root / "shown.json",
        cwd=root / "hidden", variables=watched,
    )  # fmt: skip
    shown = ["show-augmentations", "--data", data, "--out", root / "sheet.png", "--panel-px", "64"]
    log += handseg(*shown, cwd=root, variables=watched)
    without_key = {**watched, VARIABLE: ""}
    handseg(*run, "--out", root / "plain", cwd=root, variables=without_key)
    return Whole(root, log)


def test_what_is_looked_for_is_found_where_it_is(whole: Whole, tmp_path: Path) -> None:
    assert "folds.csv" in canary.holders(whole.plain, [PERSON])
    write_hands(tmp_path / "hands")
    images = canary.holders(tmp_path / "hands", [NOTE])
    assert len([name for name in images if name.endswith(".png")]) == 10


def test_nothing_of_an_images_metadata_is_in_anything_written(whole: Whole) -> None:
    assert not canary.holders(whole.root, [NOTE])
    pages = (whole.root / "shown.html", whole.plain / "eda" / "eda.html")
    shown = [picture for page in pages for picture in canary.pictures(page.read_bytes())]
    assert len(shown) > 10
    for picture in (*shown, (whole.root / "sheet.png").read_bytes()):
        assert not canary.chunks_beside_pixels(picture)


def test_under_a_key_no_persons_id_is_in_anything_written_or_said(whole: Whole) -> None:
    written = canary.holders(whole.root, [PERSON])
    assert {name for name in written if not name.startswith("plain/")} == set()
    assert PERSON not in whole.log


def test_a_healthy_run_names_no_person_in_its_log_and_an_image_only_to_warn(whole: Whole) -> None:
    assert not re.search(r"\bp[0-9a-f]{16}\b", whole.log)
    naming = [line for line in whole.log.splitlines() if re.search(r"image\d+\.png", line)]
    assert [line for line in naming if "WARNING: " not in line] == []


def test_a_key_changes_names_of_people_and_nothing_else(whole: Whole) -> None:
    people = Pseudonyms(SECRETS[VARIABLE].encode())
    plain, hidden = ((run / "folds.csv").read_text() for run in (whole.plain, whole.hidden))
    ids = set(re.findall(rf"{PERSON}-ID\d+", plain))
    assert len(ids) == 4
    for person in ids:
        plain = plain.replace(person, people.of(person))
    assert hidden == plain
    csvs = [(run / "submission.csv").read_bytes() for run in (whole.plain, whole.hidden)]
    assert csvs[0] == csvs[1]


def test_a_report_without_images_holds_no_picture_and_says_so(whole: Whole) -> None:
    bare = (whole.hidden / "report.html").read_text(encoding="utf-8")
    shown = (whole.root / "shown.html").read_text(encoding="utf-8")
    assert shown.count("<img") >= 6 and "<img" not in bare
    assert not canary.pictures(bare.encode())
    assert set(re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", bare)) == {"data:,"}
    assert "asked for without images (--no-images)" in bare
    looked = (whole.hidden / "eda" / "eda.html").read_text(encoding="utf-8")
    assert "<img" not in looked and not canary.pictures(looked.encode())
    assert "asked for without images (--no-images)" in looked
    for text in ("Dice per bone", "The worst of 8 images", "Test images", people_line(whole)):
        assert text in bare


def people_line(whole: Whole) -> str:
    fingerprint = Pseudonyms(SECRETS[VARIABLE].encode()).fingerprint
    return f"the key’s fingerprint is <code>{fingerprint}</code>"


def test_no_secret_is_in_anything_written_or_said(whole: Whole) -> None:
    assert not canary.holders(whole.root, SECRETS.values())
    assert not [name for name, value in SECRETS.items() if value in whole.log]


def test_no_process_of_a_run_calls_anybody(whole: Whole, calls: Path) -> None:
    assert whole.log
    assert listening.calls(calls) == []


def test_no_module_calls_anybody_when_it_is_imported(tmp_path: Path) -> None:
    variables = listening.environment(tmp_path / "hook")
    names = [module.name for module in modules() if not module.name.endswith("__main__")]
    code = f"import importlib\nfor name in {names}: importlib.import_module(name)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **variables})
    assert listening.calls(tmp_path / "hook") == []


def test_a_call_would_be_written_down(tmp_path: Path) -> None:
    variables = listening.environment(tmp_path / "hook")
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **variables})
    assert listening.calls(tmp_path / "hook") == ["socket.connect ('127.0.0.1', 9)"]
