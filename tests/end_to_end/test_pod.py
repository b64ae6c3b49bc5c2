"""The smoke pipeline as its pods see it: each task's exact command, on what a launcher stages."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from handseg import bones, cli
from handseg.presets import catalogue
from pipeline.compile import compile_preset
from pipeline.pipeline import Images
from tests.end_to_end.launcher import Artifact, Launcher, on_this_machine

HASH = "0" * 64
IMAGES = Images(cpu=f"cpu@sha256:{HASH}", gpu=f"gpu@sha256:{HASH}")
FEW_STEPS = 20


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
            "run_name": "first", "states_uri": "",
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


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The smoke preset compiled as for a cluster, with fewer steps."""
    folder = tmp_path_factory.mktemp("compiled")
    smoke = Path(catalogue.__file__).with_name("smoke.yaml")
    preset = yaml.safe_load(smoke.read_text())
    preset["train"]["length"] = FEW_STEPS
    (folder / "few.yaml").write_text(yaml.safe_dump(preset))
    file = compile_preset(str(folder / "few.yaml"), out=folder / "out", images=IMAGES)
    return dict(next(yaml.safe_load_all(file.read_text())))


@pytest.fixture(scope="module")
def pods(spec: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Pods:
    root = tmp_path_factory.mktemp("pod")
    size = ["--people", "4", "--test-people", "1", "--size", "256", "--seed", "3"]
    assert cli.main(["demo-data", str(root / "hands"), *size]) == 0
    found = Pods(on_this_machine(spec, root), str(root / "hands"))
    found.run_all()
    return found


def test_every_task_leaves_what_it_names(pods: Pods) -> None:
    for task, outputs in pods.made.items():
        for name, artifact in outputs.items():
            no_file = artifact.kind in ("system.Metrics", "system.ClassificationMetrics")
            assert artifact.path.exists() or no_file, (task, name)


def test_the_submission_holds_every_bone_of_the_test_images(pods: Pods) -> None:
    csv = pods.made["ensemble"]["submission"].path / "submission.csv"
    assert csv.read_text().count("\n") == 1 + 2 * len(bones.NAMES)


def test_metrics_are_scalars_that_the_page_shows(pods: Pods) -> None:
    split = pods.made["split"]["metrics"].metadata
    assert (split["people"], split["folds"]) == (4, 2)
    trained = pods.made["train-0"]["metrics"].metadata
    assert trained["steps"] == FEW_STEPS
    assert 0 <= trained["mean_dice"] <= 1
    assert set(bones.NAMES) <= set(trained)
    for name in ("split", "train-0"):
        assert len(pods.made[name]["metrics"].metadata) < 40
        assert {type(value) for value in pods.made[name]["metrics"].metadata.values()} <= {
            int,
            float,
        }


def test_artifacts_carry_what_they_were_made_from(pods: Pods) -> None:
    store = pods.made["infer-1"]["store"].metadata
    assert set(store) >= {"commit", "parent_checkpoint", "parent_cache"}
    others = pods.made["infer-0"]["store"].metadata
    assert store["parent_cache"] == others["parent_cache"]
    assert store["parent_checkpoint"] != others["parent_checkpoint"]
    assert pods.made["ensemble"]["submission"].metadata["run_name"] == "first"


def test_the_report_fits_the_pages_frame(pods: Pods) -> None:
    page = pods.made["ensemble"]["report"].path
    assert page.stat().st_size < 4e6
    text = page.read_text(encoding="utf-8")
    assert "<html" in text[:2000]
    assert 'src="http' not in text
    assert pods.made["ensemble"]["markdown"].path.read_text(encoding="utf-8").strip()


def test_elements_of_a_list_that_were_not_copied_are_fetched(
    pods: Pods, object_store: Path
) -> None:
    given = pods.votes()
    for name in ("stores", "checkpoints", "oof"):
        first, second = given[name]
        kept = object_store / "v2" / name
        kept.parent.mkdir(exist_ok=True)
        second.path.rename(kept)
        given[name] = [first, replace(second, uri=f"s3://{object_store.name}/v2/{name}")]
    try:
        again = pods.run("ensemble", "fetched", **given)
    finally:
        for name in ("stores", "checkpoints", "oof"):
            (object_store / "v2" / name).rename(pods.votes()[name][1].path)
    csv = (again["submission"].path / "submission.csv").read_bytes()
    assert csv == (pods.made["ensemble"]["submission"].path / "submission.csv").read_bytes()


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
