"""What each stage asks of the cluster; a cluster's own names and sizes are changed here."""

from dataclasses import dataclass, replace

from kfp import dsl, kubernetes

from handseg.pseudonyms import VARIABLE
from handseg.tracking import choice
from pipeline.nodes import SPOT_TAINTS, Nodes, Toleration

SECRET = "handseg-s3"  # nosec B105 # its name
"""Kubernetes secret with the object store's keys; its keys are the variables' names."""
_SECRET_KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
)
PEOPLE_SECRET = "handseg-people"  # nosec B105 # its name
"""Kubernetes secret with the key that hides people's ids, for tasks that read raw data."""
TRACKERS_SECRET = "handseg-trackers"  # nosec B105 # its name
"""Kubernetes secret with the address of MLflow and what opens it, for trainings."""
_TMP, _SHARED = "/tmp", "/dev/shm"  # nosec B108 # the pod's own
USER = 10001
"""The images' user; numeric, so that Kubernetes can see that it is not root."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What one stage asks for."""

    cpu: str
    """Cores asked for and allowed."""
    memory: str
    """Memory asked for and allowed; beyond it the pod is killed."""
    timeout_s: int
    """Seconds after which the pod is stopped."""
    retries: int = 2
    """Times that a failed task is tried again."""
    backoff_s: int = 60
    """Seconds before the first retry; doubled each time."""
    shared_memory: str = ""
    """Size of /dev/shm, counted into the memory; empty leaves the container's 64 MB."""
    scratch: str = "20Gi"
    """Most that /tmp may take of the node's disk; beyond it the pod is evicted."""
    accelerators: int = 0
    """0 runs on the CPU."""
    reads_raw: bool = False
    """Whether it reads the raw data, and with them people's ids."""
    is_tracked: bool = False
    """Whether it tells trackers of experiments its course."""


_HOUR_S = 3600
_AROUND_TRAINING_S = 1800
"""Of a training pod's time: to fetch image and inputs before, and to save and upload after."""
STAGES = {
    "split": Resources(cpu="1", memory="2Gi", timeout_s=_HOUR_S, reads_raw=True),
    "preprocess": Resources(
        cpu="4", memory="8Gi", timeout_s=2 * _HOUR_S, scratch="100Gi", reads_raw=True
    ),
    "train": Resources(
        cpu="8",
        memory="32Gi",
        timeout_s=24 * _HOUR_S,
        shared_memory="8Gi",
        scratch="100Gi",
        accelerators=1,
        is_tracked=True,
    ),
    # An image takes 8.3 ms of a GPU and 0.096 s of a core: 4 cores would leave the GPU waiting.
    "infer": Resources(
        cpu="8", memory="16Gi", timeout_s=4 * _HOUR_S, scratch="100Gi", accelerators=1
    ),
    "merge": Resources(cpu="2", memory="4Gi", timeout_s=2 * _HOUR_S, scratch="100Gi"),
    "ensemble": Resources(cpu="4", memory="8Gi", timeout_s=2 * _HOUR_S, scratch="100Gi"),
    "vote": Resources(cpu="4", memory="8Gi", timeout_s=2 * _HOUR_S, scratch="100Gi"),
    "tally": Resources(cpu="4", memory="8Gi", timeout_s=2 * _HOUR_S, scratch="100Gi"),
    "conclude": Resources(cpu="1", memory="1Gi", timeout_s=_HOUR_S, scratch="1Gi"),
}


def training_minutes() -> float:
    """How long a pod may train before it saves and fails, for the next try to go on from there.

    At its pod's deadline it would have 30 seconds for that, too few to upload a large state.
    """
    return (STAGES["train"].timeout_s - _AROUND_TRAINING_S) / 60


def of_stage(stage: str, *, accelerated: bool, nodes: Nodes) -> Resources:
    """What a stage asks for, with its accelerators, if it has any, or without."""
    wanted = STAGES[stage]
    if not (accelerated and wanted.accelerators):
        return replace(wanted, accelerators=0)
    # One process infers on one accelerator; a training starts one for each.
    count = nodes.accelerator.count if stage == "train" else 1
    return replace(wanted, accelerators=count)


def apply(task: dsl.PipelineTask, wanted: Resources, nodes: Nodes) -> None:
    """Ask the cluster for a task's resources.

    KFP compiles no retry policy, and the cluster's is OnFailure: a task that fails is tried again,
    one whose pod was deleted or evicted is not.
    """
    task.set_cpu_request(wanted.cpu).set_cpu_limit(wanted.cpu)
    task.set_memory_request(wanted.memory).set_memory_limit(wanted.memory)
    task.set_retry(
        num_retries=wanted.retries,
        backoff_duration=f"{wanted.backoff_s}s",
        backoff_factor=2.0,
        backoff_max_duration=f"{wanted.timeout_s}s",
    )
    kubernetes.set_timeout(task, wanted.timeout_s)
    kubernetes.set_security_context(task, run_as_user=USER, run_as_non_root=True)
    # Optional: a cluster may grant its pods the store by identity instead.
    kubernetes.use_secret_as_env(task, SECRET, {key: key for key in _SECRET_KEYS}, optional=True)
    if wanted.reads_raw:
        # Optional as well: `person_key` of the run says whether there must be one, and which.
        kubernetes.use_secret_as_env(task, PEOPLE_SECRET, {VARIABLE: VARIABLE}, optional=True)
    if wanted.is_tracked:
        # Optional, and so is each of its keys: without HANDSEG_MLFLOW nobody is told.
        told = {key: key for key in choice.OF_MLFLOW}
        kubernetes.use_secret_as_env(task, TRACKERS_SECRET, told, optional=True)
    # kfp's own start of a component writes to /tmp, and the root may be read-only.
    kubernetes.empty_dir_mount(task, "scratch", _TMP, size_limit=wanted.scratch)
    if wanted.shared_memory:
        kubernetes.empty_dir_mount(
            task, "dshm", _SHARED, medium="Memory", size_limit=wanted.shared_memory
        )
    if wanted.accelerators:
        _accelerate(task, wanted.accelerators, nodes)


def _accelerate(task: dsl.PipelineTask, count: int, nodes: Nodes) -> None:
    task.set_accelerator_type(nodes.accelerator.type).set_accelerator_limit(count)
    for label, value in nodes.selector:
        kubernetes.add_node_selector(task, label, value)
    own = Toleration(key=nodes.accelerator.type, effect="NoSchedule")
    spot = [Toleration(key=key, effect="NoSchedule") for key in SPOT_TAINTS if nodes.spot]
    for taint in (own, *nodes.tolerations, *spot):
        kubernetes.add_toleration(
            task,
            key=taint.key,
            operator="Equal" if taint.value else "Exists",
            value=taint.value or None,
            effect=taint.effect,
        )
