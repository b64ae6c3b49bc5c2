"""Every task of the smoke pipeline, run once by a launcher."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from handseg import cli
from handseg.presets import catalogue
from pipeline.compile import compile_preset
from pipeline.images import Images
from tests.end_to_end.launcher import Artifact, Launcher

FEW_STEPS = 20
SIZE = ["--people", "4", "--test-people", "1", "--size", "256", "--seed", "3"]


def draw_hands(folder: Path) -> str:
    """Data for the pipeline: two test images of 256 pixels."""
    assert cli.main(["demo-data", str(folder), *SIZE]) == 0
    return str(folder)


def few_steps(folder: Path, images: Images) -> dict[str, Any]:
    """The smoke preset compiled as for a cluster, with fewer steps."""
    smoke = Path(catalogue.__file__).with_name("smoke.yaml")
    preset = yaml.safe_load(smoke.read_text())
    preset["train"]["length"] = FEW_STEPS
    (folder / "few.yaml").write_text(yaml.safe_dump(preset))
    file = compile_preset(str(folder / "few.yaml"), out=folder / "out", images=images)
    return dict(next(yaml.safe_load_all(file.read_text())))


class Pods:
    """Every task of the pipeline of two members, run once by a launcher."""

    def __init__(self, launcher: Launcher, data: str) -> None:
        self.launcher, self.data = launcher, data
        self.made: dict[str, dict[str, Artifact]] = {}
        self.members = _loop_items(launcher.spec)

    def run_all(self) -> None:
        """From the split to the report."""
        self.run("split")
        self.run("preprocess", folds=self.folds)
        for number, member in enumerate(self.members):
            self.run("train", number, cache=self.cache, folds=self.folds, member=member)
            checkpoint = self.made[f"train-{number}"]["checkpoint"]
            self.run(
                "infer", number, checkpoint=checkpoint, cache=self.cache, folds=self.folds,
                member=member,
            )  # fmt: skip
        self.run("ensemble", **self.votes())

    def votes(self) -> dict[str, Any]:
        """What the ensemble takes."""
        numbers = range(len(self.members))
        return {
            "stores": [self.made[f"infer-{i}"]["store"] for i in numbers],
            "checkpoints": [self.made[f"train-{i}"]["checkpoint"] for i in numbers],
            "oof": [self.made[f"train-{i}"]["oof"] for i in numbers],
            "cache": self.cache,
            "folds": self.folds,
        }

    @property
    def folds(self) -> Artifact:
        return self.made["split"]["folds"]

    @property
    def cache(self) -> Artifact:
        return self.made["preprocess"]["cache"]

    def run(self, task: str, number: int | str = "", **given: Any) -> dict[str, Artifact]:
        """Run a task with the constants of its YAML, and what is given."""
        ports = self.launcher.spec["components"][f"comp-{task}"]["inputDefinitions"]
        fixed = {
            "data_uri": self.data, "data_hash": "abc", "lineage": "abc", "part": "test",
            "run_name": "first", "states_uri": "", "person_key": "", "no_images": False,
            **_constants(self.launcher.spec, task),
        }  # fmt: skip
        everything = {**fixed, **given}
        done = self.launcher.run(
            task,
            run_id=f"run-1-{number}",
            parameters={
                name: everything[name] for name in ports["parameters"] if name in everything
            },
            artifacts={name: everything[name] for name in ports.get("artifacts", {})},
        )
        self.made[f"{task}-{number}" if number != "" else task] = done
        return done


def _loop_items(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    for dag in _dags(spec):
        for task in dag["tasks"].values():
            if "parameterIterator" in task:
                items = list(json.loads(task["parameterIterator"]["items"]["raw"]))
                if isinstance(items[0], dict):
                    return items
    raise AssertionError("no loop over members")


def _constants(spec: Mapping[str, Any], task: str) -> dict[str, Any]:
    """The parameters that stand in the YAML as values."""
    for dag in _dags(spec):
        if task in dag["tasks"]:
            given = dag["tasks"][task]["inputs"]["parameters"]
            return {
                name: value["runtimeValue"]["constant"]
                for name, value in given.items()
                if "{{" not in str(value.get("runtimeValue", {"constant": "{{"})["constant"])
            }
    raise AssertionError(f"no task {task}")


def _dags(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parts = [spec["root"], *spec["components"].values()]
    return [part["dag"] for part in parts if "dag" in part]
