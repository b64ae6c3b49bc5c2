"""What can be chosen of a graph on a cluster, and the flags for it."""

import argparse
from dataclasses import dataclass

from handseg.errors import BadInput
from pipeline.nodes import Accelerator, Nodes, Toleration

_DAY_S = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """Choices of a graph that say nothing about its result.

    Raises:
        BadInput: a number is negative.
    """

    nodes: Nodes = Nodes()
    """Which nodes the tasks may run on."""
    parallelism: int = 0
    """Members trained at once, and shards inferred at once for each; 0 is all."""
    keep_days: int = 7
    """Days after which a finished run's pods are removed, and their logs with them."""
    caching: bool = True
    """Whether done steps are taken from the cache, where images are named by digest."""

    def __post_init__(self) -> None:
        for name in ("parallelism", "keep_days"):
            if getattr(self, name) < 0:
                raise BadInput(f"{name} is {getattr(self, name)}; give 0 or more")

    @property
    def keep_s(self) -> int:
        """`keep_days` in seconds."""
        return self.keep_days * _DAY_S


def add_cluster_arguments(parser: argparse._ActionsContainer) -> None:
    """Add the flags that `from_arguments` reads."""
    default = ClusterOptions()
    accelerator = default.nodes.accelerator
    parser.add_argument(
        "--parallelism",
        type=int,
        default=default.parallelism,
        help="members trained at once, and shards of each inferred at once; 0 is all",
    )
    parser.add_argument(
        "--gpu-type",
        default=accelerator.type,
        help="Kubernetes' name of the accelerator; default: %(default)s",
    )
    parser.add_argument(
        "--gpu-count",
        type=int,
        default=accelerator.count,
        help="of one training, all on one node, with a process for each; batch_size, which they "
        "share, must be a multiple of it; default: %(default)s",
    )
    parser.add_argument(
        "--node-selector",
        action="append",
        metavar="LABEL=VALUE",
        help="nodes for the tasks on accelerators; may be given again; default: "
        + ",".join(f"{key}={value}" for key, value in default.nodes.selector),
    )
    parser.add_argument(
        "--toleration",
        action="append",
        metavar="KEY[=VALUE]:EFFECT",
        help="taint that those tasks tolerate, such as team=xray:NoSchedule; may be given again",
    )
    parser.add_argument(
        "--spot",
        action="store_true",
        help="take nodes that may vanish for train and infer, which go on where they were",
    )
    parser.add_argument(
        "--keep-days",
        type=int,
        default=default.keep_days,
        help="days that a finished run's pods and logs are kept; default: %(default)s",
    )


def from_arguments(given: argparse.Namespace, *, caching: bool = True) -> ClusterOptions:
    """Read the flags of `add_cluster_arguments`.

    Raises:
        BadInput: one of them cannot be right.
    """
    accelerator = Accelerator(type=given.gpu_type, count=given.gpu_count)
    selector = tuple(_label(text) for text in given.node_selector or [])
    nodes = Nodes(
        accelerator=accelerator,
        tolerations=tuple(Toleration.parse(text) for text in given.toleration or []),
        spot=given.spot,
        **({"selector": selector} if selector else {}),
    )
    return ClusterOptions(
        nodes=nodes, parallelism=given.parallelism, keep_days=given.keep_days, caching=caching
    )


def _label(text: str) -> tuple[str, str]:
    label, found, value = text.partition("=")
    if not (label and found and value):
        raise BadInput(f"--node-selector {text}: give LABEL=VALUE")
    return label, value
