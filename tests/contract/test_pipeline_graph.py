import json
from typing import Any

import pytest
from kfp import dsl

from components import wiring
from components.images import CPU_IMAGE, GPU_IMAGE
from handseg.commands.plan import steps
from handseg.errors import BadInput
from handseg.presets import catalogue
from handseg.storage.location import parse
from pipeline import resources
from pipeline.images import Images
from pipeline.pipeline import build

PINNED = Images(cpu=f"registry/cpu@sha256:{'1' * 64}", gpu=f"registry/gpu@sha256:{'2' * 64}")
GPU_STAGES = {"exec-train", "exec-infer"}


def executors(graph: dsl.base_component.BaseComponent) -> dict[str, Any]:
    return dict(graph.pipeline_spec.deployment_spec.fields["executors"].struct_value)


def containers(graph: dsl.base_component.BaseComponent) -> dict[str, Any]:
    return {name: executor["container"] for name, executor in executors(graph).items()}


def platform(graph: dsl.base_component.BaseComponent) -> dict[str, Any]:
    spec = graph.platform_spec.platforms["kubernetes"].deployment_spec.executors
    return {name: dict(settings) for name, settings in spec.items()}


GROUPS = ("for-loop", "exit-handler", "votes")


def body(graph: dsl.base_component.BaseComponent) -> Any:
    """The tasks from the split on, inside the exit handler where there is one."""
    parts = [graph.pipeline_spec.root, *graph.pipeline_spec.components.values()]
    return next(part.dag.tasks for part in parts if "split" in part.dag.tasks)


def every_task(graph: dsl.base_component.BaseComponent) -> dict[str, Any]:
    """Those that have a pod, whichever group they are in."""
    parts = [graph.pipeline_spec.root, *graph.pipeline_spec.components.values()]
    return {
        name: task
        for part in parts
        for name, task in part.dag.tasks.items()
        if not name.startswith(GROUPS)
    }


def caching(graph: dsl.base_component.BaseComponent) -> set[bool]:
    """Whether tasks are taken from the cache; what says how a run ended never is."""
    return {
        task.caching_options.enable_cache
        for name, task in every_task(graph).items()
        if name != "conclude"
    }


@pytest.fixture(scope="module")
def large() -> dsl.base_component.BaseComponent:
    return build(catalogue.load("seed_ds2048"))


@pytest.fixture(scope="module")
def tiny() -> dsl.base_component.BaseComponent:
    return build(catalogue.load("smoke"))


def test_the_stages_run_in_two_images(tiny: dsl.base_component.BaseComponent) -> None:
    images = {name: container["image"] for name, container in containers(tiny).items()}
    assert images == {
        "exec-split": CPU_IMAGE,
        "exec-preprocess": CPU_IMAGE,
        "exec-train": GPU_IMAGE,
        "exec-infer": GPU_IMAGE,
        "exec-ensemble": CPU_IMAGE,
        "exec-conclude": CPU_IMAGE,
    }


def test_training_gets_a_gpu_a_node_that_has_it_and_shared_memory(
    large: dsl.base_component.BaseComponent,
) -> None:
    accelerator = containers(large)["exec-train"]["resources"]["accelerator"]
    assert accelerator["resourceType"] == "nvidia.com/gpu"
    assert accelerator["resourceCount"] == "1"
    asked = platform(large)["exec-train"]
    assert dict(asked["nodeSelector"]["labels"]) == {"nvidia.com/gpu.present": "true"}
    (toleration,) = asked["tolerations"]
    assert (toleration["key"], toleration["operator"]) == ("nvidia.com/gpu", "Exists")
    mounts = {mount["mountPath"]: dict(mount).get("medium") for mount in asked["emptyDirMounts"]}
    assert mounts == {"/tmp": None, "/dev/shm": "Memory"}


def test_stages_without_torch_get_no_gpu(large: dsl.base_component.BaseComponent) -> None:
    accelerated = {
        name
        for name, container in containers(large).items()
        if "accelerator" in dict(container["resources"])
    }
    assert accelerated == GPU_STAGES
    assert {name for name, asked in platform(large).items() if "tolerations" in asked} == GPU_STAGES


def test_settings_that_say_cpu_ask_for_no_gpu(tiny: dsl.base_component.BaseComponent) -> None:
    for container in containers(tiny).values():
        assert "accelerator" not in dict(container["resources"])
    assert not [name for name, asked in platform(tiny).items() if "nodeSelector" in asked]


def test_every_task_has_limits_a_timeout_retries_and_no_root(
    large: dsl.base_component.BaseComponent,
) -> None:
    for container in containers(large).values():
        assert dict(container["resources"])["resourceMemoryLimit"]
        assert dict(container["resources"])["resourceCpuLimit"]
    for asked in platform(large).values():
        assert int(asked["activeDeadlineSeconds"]) > 0
        assert dict(asked["securityContext"]) == {
            "runAsUser": str(resources.USER),
            "runAsNonRoot": True,
        }
    for task in every_task(large).values():
        assert task.retry_policy.max_retry_count == 2
        assert task.retry_policy.backoff_duration.seconds == 60


def test_keys_of_the_store_come_from_a_secret_and_stand_nowhere(
    large: dsl.base_component.BaseComponent,
) -> None:
    for label, asked in platform(large).items():
        secrets = {secret["secretName"] for secret in asked["secretAsEnv"]}
        reads_raw = label in ("exec-split", "exec-preprocess")
        people = {resources.PEOPLE_SECRET} if reads_raw else set[str]()
        trackers = {resources.TRACKERS_SECRET} if label.startswith("exec-train") else set[str]()
        assert secrets == {resources.SECRET} | people | trackers
        assert all(secret["optional"] for secret in asked["secretAsEnv"])
    for container in containers(large).values():
        assert [dict(one) for one in container["env"]] == [
            {"name": "HANDSEG_IMAGE", "value": container["image"]}
        ]


def test_nothing_is_taken_from_the_cache_when_images_are_tags() -> None:
    preset = catalogue.load("smoke")
    assert caching(build(preset)) == {False}
    assert caching(build(preset, images=PINNED)) == {True}


def test_a_local_graph_asks_for_nothing_and_is_the_same_otherwise(
    tiny: dsl.base_component.BaseComponent,
) -> None:
    alone = build(catalogue.load("smoke"), cluster=False)
    assert not alone.platform_spec.platforms
    for name, container in containers(alone).items():
        assert "resources" not in dict(container)
        assert list(container["command"]) == list(containers(tiny)[name]["command"])
    assert set(every_task(tiny)) - set(every_task(alone)) == {"conclude"}
    assert set(every_task(alone)) <= set(every_task(tiny))
    assert len(body(alone)) == len(body(tiny))


def test_the_ensemble_waits_for_every_member(tiny: dsl.base_component.BaseComponent) -> None:
    root = body(tiny)
    loop = next(name for name in root if name.startswith("for-loop"))
    for port in ("stores", "checkpoints", "oof"):
        source = root["ensemble"].inputs.artifacts[port].task_output_artifact
        assert source.producer_task == loop
    items = json.loads(root[loop].parameter_iterator.items.raw)
    assert [item["fold"] for item in items] == [0, 1]


@pytest.mark.parametrize("choosing", [[], ["select"]])
def test_the_command_line_takes_the_graphs_steps_with_its_settings(choosing: list[str]) -> None:
    preset = catalogue.load("seed_ensemble", {"ensemble": {"select": bool(choosing)}})
    here = parse("data")
    plan = steps(preset, data=here, out=parse("run"), part="test")
    given = {call.stage: set(call.wires) for name in wiring.STAGES for call in wiring.calls(name)}
    # The report's Markdown and counts are for KFP's pages alone.
    given["report"] -= {"markdown", "confusion"}
    given["eda"] -= {"html"}
    # One machine has one key that hides people.
    for stage in ("split", "eda", "preprocess"):
        given[stage] -= {"person_key"}
    # A pipeline's members begin anew.
    given["train"] -= {"warm_start", "allow_seen", "allow_changes"}
    # A run goes on by itself, for as long as it takes.
    given["train"] -= {"resume", "limit_minutes"}
    # A run's state lies beside its members; each trains in one process.
    given["train"] -= {"state", "processes"}
    # One machine works on all images at once.
    given["infer"] -= {"shard"}
    given["ensemble"] -= {"shard"}
    members = ["train", "infer"] * len(preset.members)
    assert [step.stage for step in plan] == [
        "split",
        "eda",
        "preprocess",
        *members,
        *choosing,
        "ensemble",
        "report",
    ]
    for step in plan:
        assert set(step.arguments) == given[step.stage], step.title


@pytest.fixture(scope="module")
def shared_out() -> dsl.base_component.BaseComponent:
    return build(catalogue.load("smoke"), shards=3)


def _parts(graph: dsl.base_component.BaseComponent, joining: str) -> tuple[Any, str]:
    """The tasks beside the one that joins shards, and the loop that it collects them from."""
    parts = graph.pipeline_spec.components.values()
    tasks = next(part.dag.tasks for part in parts if joining in part.dag.tasks)
    source = tasks[joining].inputs.artifacts["shards"].task_output_artifact
    return tasks, source.producer_task


@pytest.mark.parametrize("joining", ["merge", "tally"])
def test_shards_are_made_side_by_side_and_joined(
    shared_out: dsl.base_component.BaseComponent, joining: str
) -> None:
    tasks, loop = _parts(shared_out, joining)
    assert loop.startswith("for-loop")
    assert json.loads(tasks[loop].parameter_iterator.items.raw) == ["1/3", "2/3", "3/3"]


def test_tasks_on_shards_ask_for_what_the_others_ask(
    shared_out: dsl.base_component.BaseComponent, tiny: dsl.base_component.BaseComponent
) -> None:
    more, fewer = containers(shared_out), containers(tiny)
    assert set(more) - set(fewer) == {"exec-merge", "exec-vote", "exec-tally"}
    assert set(fewer) - set(more) == {"exec-ensemble"}
    for name in ("exec-vote", "exec-tally"):
        assert more[name]["image"] == CPU_IMAGE
        assert more[name]["resources"] == fewer["exec-ensemble"]["resources"]
        assert platform(shared_out)[name] == platform(tiny)["exec-ensemble"]


def test_a_graph_of_no_shards_is_refused() -> None:
    with pytest.raises(BadInput, match="shards is 0; give 1 or more"):
        build(catalogue.load("smoke"), shards=0)
