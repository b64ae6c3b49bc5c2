"""What each stage asks of the cluster; a cluster's own names and sizes are changed here."""

from dataclasses import dataclass, replace

from kfp import dsl, kubernetes

SECRET = "handseg-s3"
"""Kubernetes secret with the object store's keys; its keys are the variables' names."""
_SECRET_KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
)
USER = 10001
"""The images' user; numeric, so that Kubernetes can see that it is not root."""


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """A kind of accelerator, and the nodes that have it."""

    type: str = "nvidia.com/gpu"
    """Kubernetes' resource name."""
    count: int = 1
    """Accelerators of one task, all on one node."""
    node_label: tuple[str, str] = ("nvidia.com/gpu.present", "true")
    """Label and value of the nodes to choose; NVIDIA's GPU operator sets this one."""
    taint: str = "nvidia.com/gpu"
    """Key of the NoSchedule taint that keeps other pods off those nodes."""


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
    accelerator: Accelerator | None = None


_HOUR_S = 3600
STAGES = {
    "split": Resources(cpu="1", memory="2Gi", timeout_s=_HOUR_S),
    "preprocess": Resources(cpu="4", memory="8Gi", timeout_s=2 * _HOUR_S),
    "train": Resources(
        cpu="8",
        memory="32Gi",
        timeout_s=24 * _HOUR_S,
        shared_memory="8Gi",
        accelerator=Accelerator(),
    ),
    "infer": Resources(cpu="4", memory="16Gi", timeout_s=4 * _HOUR_S, accelerator=Accelerator()),
    "merge": Resources(cpu="2", memory="4Gi", timeout_s=2 * _HOUR_S),
    "ensemble": Resources(cpu="4", memory="8Gi", timeout_s=2 * _HOUR_S),
}


def of_stage(stage: str, *, accelerated: bool) -> Resources:
    """What a stage asks for, with its accelerator, if it has one, or without."""
    wanted = STAGES[stage]
    return wanted if accelerated else replace(wanted, accelerator=None)


def apply(task: dsl.PipelineTask, wanted: Resources) -> None:
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
    if wanted.shared_memory:
        kubernetes.empty_dir_mount(
            task, "dshm", "/dev/shm", medium="Memory", size_limit=wanted.shared_memory
        )
    if wanted.accelerator:
        _accelerate(task, wanted.accelerator)


def _accelerate(task: dsl.PipelineTask, wanted: Accelerator) -> None:
    task.set_accelerator_type(wanted.type).set_accelerator_limit(wanted.count)
    kubernetes.add_node_selector(task, *wanted.node_label)
    kubernetes.add_toleration(task, key=wanted.taint, operator="Exists", effect="NoSchedule")
