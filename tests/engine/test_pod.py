"""The pods' view in the real images: what the cluster's launcher mounts, and nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from handseg import bones
from pipeline.images import Images
from tests.end_to_end.launcher import in_containers
from tests.end_to_end.pods import FEW_STEPS, Pods, draw_hands, few_steps
from tests.engine.containers import GUARDED, USER, docker

pytestmark = pytest.mark.docker


def run(image: str, command: Sequence[str], root: Path, variables: Mapping[str, str]) -> str:
    """A task in a container, with a volume for each of the launcher's folders and for the data."""
    volumes = {"s3": "/s3", "kfp": "/tmp/kfp", "hands": "/hands"}
    mounts = [word for name, at in volumes.items() for word in ("--volume", f"{root / name}:{at}")]
    told = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    return docker("run", *GUARDED, "--user", USER, *mounts, *told, image, *command)


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Pods:
    root = tmp_path_factory.mktemp("pod")
    root.chmod(0o755)
    draw_hands(root / "hands")
    spec = few_steps(tmp_path_factory.mktemp("compiled"), Images())
    found = Pods(in_containers(spec, root, run), "/hands")
    found.run_all()
    return found


def test_every_tasks_own_command_works_in_its_image(pods: Pods) -> None:
    csv = pods.made["ensemble"]["submission"].path / "submission.csv"
    assert csv.read_text().count("\n") == 1 + 2 * len(bones.NAMES)


def test_metrics_and_metadata_come_back(pods: Pods) -> None:
    assert pods.made["train-0"]["metrics"].metadata["steps"] == FEW_STEPS
    assert pods.made["infer-1"]["store"].metadata["commit"]
    assert pods.made["infer-1"]["store"].metadata["image"] == Images().gpu
    assert pods.made["ensemble"]["report"].path.read_text(encoding="utf-8").count("<html") == 1
