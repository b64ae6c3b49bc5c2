"""Row 58: files that would run a program, texts that would run in a browser or in a shell."""

import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
import yaml
from transformers import EfficientNetConfig

from handseg.models.encoder_sizes import SIZES
from tests.faults.command import ROOT, handseg
from tests.faults.pickles import WAYS, sum_up
from tests.faults.training import words

HOSTILE = "<img src=x onerror=alert(1)>"
OOF = ("stores/fold0/oof", "stores/fold1/oof")
MEMBERS = ("members/fold0", "members/fold1")


def _report(run: Path, out: Path) -> list[object]:
    members, stores = ([run / name for name in names] for names in (MEMBERS, OOF))
    made = ["--cache", run / "cache", "--folds", run / "folds.csv"]
    made += ["--submission", run / "submission.csv", "--out", out]
    return ["report", *made, "--members", *members, "--stores", *stores]


def _infer(run: Path, out: Path) -> list[object]:
    member = ["--checkpoint", run / "members" / "fold0", "--cache", run / "cache"]
    return ["infer", *member, "--part", "test", "--out", out]


def _vote(run: Path, out: Path) -> list[object]:
    return ["ensemble", "--stores", run / "stores" / "fold0" / "test", "--out", out]


Command = Callable[[Path, Path], Sequence[object]]
TAMPERED: dict[str, Command] = {
    "members/fold0/model.safetensors": _infer,
    "members/fold0/card.json": _infer,
    "cache/train.arrow": _report,
    "stores/fold0/test/probabilities.arrow": _vote,
}


@pytest.mark.fault(58)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", TAMPERED)
def test_row_58_a_pickle_in_an_artifact_is_refused_and_runs_nothing(
    name: str, way: str, run: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    mark, out = tmp_path / "mark", tmp_path / "out"
    WAYS[way](run / name, mark)
    sum_up((run / name).parent)
    ended = handseg(*TAMPERED[name](run, out))
    ended.must(2, Path(name).name)
    assert not mark.exists() and not out.exists()
    told(f"{way} as {name}, its SHA-256 corrected: exit 2, it ran nothing")


@pytest.mark.fault(58)
def test_row_58_the_pickles_would_run_where_they_are_loaded(
    tmp_path: Path, told: Callable[[str], None]
) -> None:
    for way, write in WAYS.items():
        mark = tmp_path / f"mark of {way}"
        write(tmp_path / way, mark)
        if way == "pickle":
            pickle.loads((tmp_path / way).read_bytes())
        else:
            torch.load(tmp_path / way, weights_only=False)
        assert mark.exists()
    told("(the same pickles loaded by hand do run)")


@pytest.mark.fault(58)
@pytest.mark.parametrize("file", ["pytorch_model.bin", "model.safetensors"])
def test_row_58_pickled_pretrained_weights_are_refused(
    file: str, done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    mark, published = tmp_path / "mark", tmp_path / "published"
    EfficientNetConfig(**SIZES["efficientnet"]["smoke"], hidden_dim=320).save_pretrained(published)
    WAYS["torch.save"](published / file, mark)
    network = {
        "model.name": "unet_efficientnet_b0",
        "model.filters": "[]",
        "model.encoder": "smoke",
        "model.pretrained": published,
    }
    ended = handseg(*words(done, tmp_path / "member", settings=network))
    ended.must(2, f"model.pretrained {published}: no weights could be read", "model.safetensors")
    assert not mark.exists() and not (tmp_path / "member").exists()
    told(f"model.pretrained: a folder whose {file} is a pickle: exit 2, it ran nothing")


@pytest.mark.fault(58)
def test_row_58_a_yaml_that_calls_a_function_is_refused(
    hands: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    preset = tmp_path / "mine.yaml"
    preset.write_text(f"split: !!python/object/apply:os.system ['touch {tmp_path}/mark']\n")
    ended = handseg("run", "--data", hands, "--out", tmp_path / "run", "--preset", preset)
    ended.must(2, preset, "python/object/apply:os.system")
    assert not (tmp_path / "mark").exists()
    told("a preset with !!python/object/apply:os.system: exit 2, it ran nothing")


@pytest.mark.fault(58)
def test_row_58_markup_in_names_stays_text_in_the_pages(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    member = tmp_path / "member"
    handseg(*words(done, member, "--name", HOSTILE, settings={"length": 2})).must(0)
    store = tmp_path / "member.oof"
    csv, page = tmp_path / "votes.csv", tmp_path / HOSTILE.replace("/", "") / "report.html"
    handseg("ensemble", "--stores", store, "--weights", "1", "--out", csv).must(0)
    made = ["--cache", done / "cache", "--folds", done / "folds.csv", "--submission", csv]
    markdown = tmp_path / "report.md"
    handseg(
        "report", *made, "--members", member, "--stores", store, "--out", page,
        "--markdown", markdown,
    ).must(0)  # fmt: skip
    html = page.read_text(encoding="utf-8")
    assert "<img src=x" not in html and "&lt;img src=x onerror=alert(1)&gt;" in html
    assert set(re.findall(r"<script", html)) and html.count("<script") == 1
    assert "<img" not in markdown.read_text(encoding="utf-8")
    assert "<img" not in (member / "README.md").read_text(encoding="utf-8")
    told(f"a member and a run called {HOSTILE}: text on the report and its Markdown, no tag")


@pytest.mark.fault(58)
def test_row_58_markup_in_ids_is_refused(
    data: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    person = next((data / "train" / "DCM").iterdir())
    image = next(person.iterdir())
    image.rename(person / "<b>.png")
    shutil.move(person, person.with_name("<script>"))
    ended = handseg("split", "--data", data, "--out", tmp_path / "folds.csv")
    ended.must(2, "refused name", "<script>", "letters, digits, '.', '_' and '-' are allowed")
    told("a person called <script>: exit 2, refused by name")


@pytest.mark.fault(58)
def test_row_58_no_shell_sees_a_parameter_of_a_pipeline(
    tmp_path: Path, told: Callable[[str], None]
) -> None:
    command = [sys.executable, "-m", "pipeline.compile", "--out", str(tmp_path)]
    subprocess.run([*command, "--shards", "3"], check=True, cwd=ROOT, capture_output=True)
    containers = 0
    for file in sorted(tmp_path.iterdir()):
        spec = next(yaml.safe_load_all(file.read_text(encoding="utf-8")))
        for executor in spec["deploymentSpec"]["executors"].values():
            container = executor["container"]
            script = container["command"]
            assert script[:2] == ["sh", "-ec"]
            assert not [word for word in script if "{{" in word]
            # What kfp's own script runs is `"$0" "$@"`: words that no shell reads again.
            assert [word for word in container["args"] if "{{" in word] == ["{{$}}"]
            containers += 1
    told(
        f"all {len(list(tmp_path.iterdir()))} presets compiled: none of {containers} containers "
        "has a parameter in the text of its `sh -ec`"
    )
