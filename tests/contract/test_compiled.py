import json
import os
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from handseg import settings_codec
from handseg.presets import catalogue
from handseg.settings import SplitSettings, TrainSettings
from pipeline.compile import COMPILED, main

ROOT = COMPILED.parents[1]
every_preset = pytest.mark.parametrize("name", catalogue.names())


@cache
def graph(name: str) -> dict[str, Any]:
    text = (COMPILED / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(next(yaml.safe_load_all(text)))


def loop_items(name: str) -> list[dict[str, Any]]:
    loop = next(task for task in tasks(name).values() if "parameterIterator" in task)
    return list(json.loads(loop["parameterIterator"]["items"]["raw"]))


def tasks(name: str) -> dict[str, Any]:
    """Every task, whichever group it is in."""
    parts = [graph(name)["root"], *graph(name)["components"].values()]
    return {
        task: what for part in parts if "dag" in part for task, what in part["dag"]["tasks"].items()
    }


@pytest.mark.long
def test_every_preset_is_kept_as_it_compiles(tmp_path: Path) -> None:
    main(["--out", str(tmp_path)])
    fresh = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in COMPILED.iterdir()}
    assert fresh == kept, "run: make compile"
    assert sorted(kept) == [f"{name}.yaml" for name in catalogue.names()]


def test_compiling_does_not_depend_on_the_order_of_sets(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline.compile", "--preset", "smoke"]
    subprocess.run(
        [*command, "--out", str(tmp_path)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        stdout=subprocess.DEVNULL,
    )
    fresh = (tmp_path / "smoke.yaml").read_bytes()
    assert fresh == (COMPILED / "smoke.yaml").read_bytes()


@every_preset
def test_parameters_are_what_differs_between_two_runs(name: str) -> None:
    parameters = graph(name)["root"]["inputDefinitions"]["parameters"]
    assert set(parameters) == {
        "data_hash", "data_uri", "no_images", "part", "person_key", "run_name", "states_uri",
    }  # fmt: skip
    required = [key for key, value in parameters.items() if not value.get("isOptional")]
    assert required == ["data_uri"]


@every_preset
def test_the_members_settings_stand_whole_in_the_loop(name: str) -> None:
    preset = catalogue.load(name)
    items = loop_items(name)
    assert [item["member_name"] for item in items] == [member.name for member in preset.members]
    assert [item["fold"] for item in items] == [member.fold for member in preset.members]
    for item, member in zip(items, preset.members, strict=True):
        assert settings_codec.from_dict(TrainSettings, item["settings"]) == member.train
        assert set(item["settings"]) == set(asdict(member.train))


@every_preset
def test_a_stages_settings_stand_whole_in_its_task(name: str) -> None:
    preset = catalogue.load(name)
    constant = tasks(name)["split"]["inputs"]["parameters"]["settings"]["runtimeValue"]["constant"]
    assert settings_codec.from_dict(SplitSettings, constant) == preset.split
    weights = tasks(name)["ensemble"]["inputs"]["parameters"]["weights"]["runtimeValue"]["constant"]
    assert weights == (preset.weights or [])


def test_the_reports_ensemble_has_its_weights() -> None:
    constants = tasks("seed_ensemble")["ensemble"]["inputs"]["parameters"]
    assert constants["weights"]["runtimeValue"]["constant"] == [2.0, 1.0, 3.0, 4.0, 5.0]


@every_preset
def test_no_parameter_stands_in_a_shell_script(name: str) -> None:
    for executor in graph(name)["deploymentSpec"]["executors"].values():
        container = executor["container"]
        assert container["command"][:2] == ["sh", "-ec"]
        assert not [part for part in container["command"] if "{{" in part]
        assert [part for part in container["args"] if "{{" in part] == ["{{$}}"]
