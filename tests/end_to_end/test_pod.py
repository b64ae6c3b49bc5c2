"""The smoke pipeline as its pods see it: each task's exact command, on what a launcher stages."""

from dataclasses import replace
from pathlib import Path

import pytest

from handseg import bones
from pipeline.images import Images
from tests.end_to_end.launcher import on_this_machine
from tests.end_to_end.pods import FEW_STEPS, Pods, draw_hands, few_steps

pytestmark = pytest.mark.long
HASH = "0" * 64
IMAGES = Images(cpu=f"cpu@sha256:{HASH}", gpu=f"gpu@sha256:{HASH}")


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Pods:
    root = tmp_path_factory.mktemp("pod")
    spec = few_steps(tmp_path_factory.mktemp("compiled"), IMAGES)
    found = Pods(on_this_machine(spec, root), draw_hands(root / "hands"))
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


def test_the_page_is_told_which_bones_were_taken_for_which(pods: Pods) -> None:
    told = pods.made["ensemble"]["confusion"].metadata["confusionMatrix"]
    assert [each["displayName"] for each in told["annotationSpecs"]] == list(bones.NAMES)
    assert len(told["rows"]) == len(told["rows"][0]["row"]) == len(bones.NAMES)


def test_artifacts_carry_what_they_were_made_from(pods: Pods) -> None:
    store = pods.made["infer-1"]["store"].metadata
    assert set(store) >= {"commit", "parent_checkpoint", "parent_cache", "settings_hash"}
    assert store["image"] == IMAGES.gpu
    assert pods.made["preprocess"]["cache"].metadata["image"] == IMAGES.cpu
    assert store["data"] == pods.made["preprocess"]["cache"].metadata["parent_data"]
    assert pods.made["train-0"]["checkpoint"].metadata["seed"] == "0"
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
