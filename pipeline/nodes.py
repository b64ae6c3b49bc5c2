"""The nodes for tasks on accelerators: which kind, by which labels, under which taints."""

from dataclasses import dataclass
from typing import Literal

from handseg.errors import BadInput

SPOT_TAINTS = (
    "cloud.google.com/gke-spot",
    "eks.amazonaws.com/capacityType",
    "kubernetes.azure.com/scalesetpriority",
)
"""Keys of the taints that clouds put on nodes that may vanish."""
Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
_EFFECTS: tuple[Effect, ...] = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """A kind of accelerator.

    Raises:
        BadInput: there are none of it.
    """

    type: str = "nvidia.com/gpu"
    """Kubernetes' resource name."""
    count: int = 1
    """Accelerators of one training, all on one node; inference takes one."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise BadInput(f"gpu count is {self.count}; give 1 or more, or a preset for the CPU")


@dataclass(frozen=True, kw_only=True)
class Toleration:
    """A taint that tasks may ignore."""

    key: str
    value: str = ""
    """Empty tolerates every value of the key."""
    effect: Effect

    @classmethod
    def parse(cls, text: str) -> "Toleration":
        """Read KEY[=VALUE]:EFFECT, as kubectl writes taints.

        Raises:
            BadInput: it is none.
        """
        label, _, given = text.rpartition(":")
        key, _, value = label.partition("=")
        effect = next((known for known in _EFFECTS if known == given), None)
        if not key or effect is None:
            raise BadInput(f"toleration {text}: give KEY[=VALUE]:EFFECT, {' or '.join(_EFFECTS)}")
        return cls(key=key, value=value, effect=effect)


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The nodes for tasks on accelerators."""

    accelerator: Accelerator = Accelerator()
    selector: tuple[tuple[str, str], ...] = (("nvidia.com/gpu.present", "true"),)
    """Labels and values of the nodes to choose; NVIDIA's GPU operator sets this one."""
    tolerations: tuple[Toleration, ...] = ()
    """Beside the accelerator's own taint."""
    spot: bool = False
    """Whether nodes that may vanish will do."""
