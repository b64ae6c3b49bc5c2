"""What every task of every preset must be on a cluster, whole and in shards, by digest."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from handseg.presets import catalogue
from pipeline import resources
from pipeline.compile import compile_preset
from pipeline.images import Images
from pipeline.nodes import SPOT_TAINTS, Nodes, Toleration
from pipeline.options import ClusterOptions
from tests import quick

IMAGES = Images(cpu=f"registry/cpu@sha256:{'1' * 64}", gpu=f"registry/gpu@sha256:{'2' * 64}")
OPTIONS = ClusterOptions(
    parallelism=2,
    keep_days=3,
    nodes=Nodes(
        selector=(("pool", "xray"),),
        tolerations=(Toleration.parse("team=xray:NoExecute"),),
        spot=True,
    ),
)
# Compiling takes seconds.
every_preset = pytest.mark.parametrize("name", quick.alone(catalogue.names(), "smoke"))
every_sharding = pytest.mark.parametrize("shards", (1, 3))


def every_graph(test: Callable[[str, int], None]) -> Callable[[str, int], None]:
    return every_preset(every_sharding(test))


SECRETS = re.compile(r"AKIA[0-9A-Z]{16}|secret_?access|password|token", re.IGNORECASE)


@cache
def compiled(name: str, shards: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A preset's pipeline spec and what it asks of Kubernetes."""
    with TemporaryDirectory() as folder:
        file = compile_preset(name, out=Path(folder), images=IMAGES, shards=shards, options=OPTIONS)
        spec, platform = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    return spec, platform["platforms"]["kubernetes"]


def containers(name: str, shards: int) -> dict[str, dict[str, Any]]:
    executors = compiled(name, shards)[0]["deploymentSpec"]["executors"]
    return {label: executor["container"] for label, executor in executors.items()}


def asked(name: str, shards: int) -> dict[str, dict[str, Any]]:
    return dict(compiled(name, shards)[1]["deploymentSpec"]["executors"])


def pods(name: str, shards: int) -> dict[str, dict[str, Any]]:
    """Tasks that are a pod each, by name; groups of tasks are left out."""
    spec = compiled(name, shards)[0]
    parts = [spec["root"], *spec["components"].values()]
    tasks = {
        task: what for part in parts for task, what in part.get("dag", {}).get("tasks", {}).items()
    }
    has_pod = {name for name, part in spec["components"].items() if "executorLabel" in part}
    return {task: what for task, what in tasks.items() if what["componentRef"]["name"] in has_pod}


@every_graph
def test_the_published_specs_read_every_field(name: str, shards: int) -> None:
    spec, platform = compiled(name, shards)
    ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    ParseDict({"platforms": {"kubernetes": platform}}, pipeline_spec_pb2.PlatformSpec())
    ParseDict(spec["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig())
    for config in asked(name, shards).values():
        ParseDict(config, kubernetes_executor_config_pb2.KubernetesExecutorConfig())
        ParseDict(config, Struct())


@every_graph
def test_images_are_the_digests_that_were_given(name: str, shards: int) -> None:
    found = {label: container["image"] for label, container in containers(name, shards).items()}
    on_gpus = {"exec-train", "exec-infer"}
    assert {label for label, image in found.items() if image == IMAGES.gpu} == on_gpus
    assert {image for label, image in found.items() if label not in on_gpus} == {IMAGES.cpu}


@every_graph
def test_every_task_is_tried_again_and_stopped_in_the_end(name: str, shards: int) -> None:
    for task, what in pods(name, shards).items():
        assert what["retryPolicy"]["maxRetryCount"] >= 1, task
    for label, config in asked(name, shards).items():
        assert int(config["activeDeadlineSeconds"]) > 0, label
    assert set(asked(name, shards)) == set(containers(name, shards))


@every_graph
def test_a_training_saves_before_its_pod_is_stopped(name: str, shards: int) -> None:
    given = pods(name, shards)["train"]["inputs"]["parameters"]["limit_minutes"]
    limit_s = 60 * given["runtimeValue"]["constant"]
    left_s = int(asked(name, shards)["exec-train"]["activeDeadlineSeconds"]) - limit_s
    # To fetch the image before, and to upload a state after.
    assert left_s == 30 * 60 < limit_s


@every_graph
def test_nothing_runs_as_root_or_without_limits(name: str, shards: int) -> None:
    for config in asked(name, shards).values():
        assert config["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": str(resources.USER),
        }
    for container in containers(name, shards).values():
        assert {"resourceCpuLimit", "resourceMemoryLimit"} <= set(container["resources"])


@every_graph
def test_tmp_is_a_volume_and_training_shares_memory(name: str, shards: int) -> None:
    for label, config in asked(name, shards).items():
        mounts = {mount["mountPath"]: mount for mount in config["emptyDirMounts"]}
        assert {"/tmp"} <= set(mounts) <= {"/tmp", "/dev/shm"}
        assert all(mount["sizeLimit"] for mount in mounts.values())
        assert ("/dev/shm" in mounts) == (label == "exec-train")
        if "/dev/shm" in mounts:
            assert mounts["/dev/shm"]["medium"] == "Memory"


@every_graph
def test_secrets_are_kubernetes_own(name: str, shards: int) -> None:
    for config in asked(name, shards).values():
        secrets = {secret["secretName"] for secret in config["secretAsEnv"]}
        assert (
            resources.SECRET
            in secrets
            <= {
                resources.SECRET,
                resources.PEOPLE_SECRET,
                resources.TRACKERS_SECRET,
            }
        )
        assert not set(config) & {"configMapAsEnv", "configMapAsVolume", "fieldPathAsEnv"}
    spec = compiled(name, shards)[0]
    for container in containers(name, shards).values():
        assert container["env"] == [{"name": "HANDSEG_IMAGE", "value": container["image"]}]
    for part in [spec["root"], *spec["components"].values()]:
        assert not [
            port
            for port in part.get("inputDefinitions", {}).get("parameters", {})
            if SECRETS.search(port)
        ]


@every_graph
def test_no_placeholder_stands_in_kfps_own_script(name: str, shards: int) -> None:
    for container in containers(name, shards).values():
        assert container["command"][:2] == ["sh", "-ec"]
        assert not [part for part in container["command"] if "{{" in part]
        assert [part for part in container["args"] if "{{" in part] == ["{{$}}"]


@every_graph
def test_what_is_cached_is_told_by_its_whole_lineage(name: str, shards: int) -> None:
    tasks = pods(name, shards)
    assert not tasks.pop("conclude")["cachingOptions"].get("enableCache", False)
    for task, what in tasks.items():
        assert what["cachingOptions"] == {"enableCache": True}, task
        assert "lineage" in what["inputs"]["parameters"], task
        if task in ("infer", "merge"):
            assert "member" in what["inputs"]["parameters"], task


@every_graph
def test_loops_are_limited_and_a_finished_run_is_removed(name: str, shards: int) -> None:
    spec, platform = compiled(name, shards)
    parts = [spec["root"], *spec["components"].values()]
    loops = [
        task
        for part in parts
        for task in part.get("dag", {}).get("tasks", {}).values()
        if "parameterIterator" in task
    ]
    assert len(loops) == (1 if shards == 1 else 3)
    assert {loop["iteratorPolicy"]["parallelismLimit"] for loop in loops} == {2}
    assert platform["pipelineConfig"] == {"resourceTtlOnCompletion": 3 * 24 * 3600}


@every_graph
def test_a_run_ends_by_saying_how(name: str, shards: int) -> None:
    root = compiled(name, shards)[0]["root"]["dag"]["tasks"]
    (handled,) = [task for task in root if task.startswith("exit-handler")]
    assert set(root) == {"conclude", handled}
    assert root["conclude"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}


def test_nodes_are_chosen_for_tasks_on_accelerators_alone() -> None:
    for label, config in asked("seed_ds2048", 3).items():
        if label not in ("exec-train", "exec-infer"):
            assert not {"nodeSelector", "tolerations"} & set(config)
            continue
        assert config["nodeSelector"]["labels"] == {"pool": "xray"}
        taints = {each["key"]: each for each in config["tolerations"]}
        assert set(taints) == {"nvidia.com/gpu", "team", *SPOT_TAINTS}
        assert (taints["team"]["value"], taints["team"]["effect"]) == ("xray", "NoExecute")


def test_what_a_task_is_made_from_follows_settings_and_images() -> None:
    def lineage(name: str, task: str) -> str:
        given = pods(name, 1)[task]["inputs"]["parameters"]["lineage"]
        return str(given["runtimeValue"]["constant"])

    # Presets that share the cache train apart and vote apart.
    assert lineage("smoke", "train") != lineage("seed_eff", "train")
    assert lineage("seed_ds2048", "train") == lineage("seed_eff", "train")
    assert lineage("seed_ds2048", "ensemble") != lineage("seed_eff", "ensemble")
    assert "data_hash" in lineage("smoke", "train")
    assert "part" in lineage("smoke", "ensemble")
    # Called otherwise, people are in everything; the first two tasks take the key's fingerprint.
    for task in ("preprocess", "train", "infer", "ensemble"):
        assert "person_key" in lineage("smoke", task)
    for task in ("split", "preprocess"):
        assert "person_key" in pods("smoke", 1)[task]["inputs"]["parameters"]
