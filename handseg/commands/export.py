"""A checkpoint as an ONNX file, checked against torch before it is written."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import torch
from numpy.typing import NDArray

from handseg import provenance
from handseg.errors import BadInput
from handseg.inference import onnx_graph, predict
from handseg.inference.backend import run_onnx
from handseg.models.network import Network
from handseg.provenance import Origin
from handseg.storage import artifact
from handseg.storage.location import Location
from handseg.training import checkpoint as checkpoints

logger = logging.getLogger(__name__)
_STAGE = "export"


def export(
    *,
    checkpoint: Location,
    out: Location,
    input_px: int = 0,
    tolerance: float = 1e-3,
) -> int:
    """Write a member as ONNX: uint8 images (B, H, W) to native logits, for any batch size.

    H and W are any multiples of the network's unit; those of UPerNet, which counts cells while it
    is traced, are `input_px` alone. Normalisation is in the graph. Classes, sides, scale and the
    refinement's weights, which are applied after the logits are enlarged, are in its metadata.
    Complete, it does nothing.

    Args:
        checkpoint: Checkpoint folder that `train` wrote.
        out: ONNX file to write.
        input_px: Side of the square input in pixels; 0 is the one it was trained for.
        tolerance: Largest difference from torch's logits in float32 that is accepted.

    Returns:
        0.

    Raises:
        BadInput: the logits differ by more than `tolerance`, the side does not fit the network,
            the checkpoint is damaged, or the extra is not installed.
        MissingInput: the checkpoint is not there.
    """
    started = datetime.now(UTC)
    if not tolerance > 0:
        raise BadInput(f"tolerance is {tolerance}; give a number above 0, such as 1e-3")
    if input_px < 0:
        raise BadInput(f"input_px is {input_px}; give a side in pixels, or 0 for the trained one")
    with artifact.reading(checkpoint, verify=True) as folder:
        parents, origin = {"checkpoint": artifact.content_hash(folder)}, Origin.of([folder])
        network, card = checkpoints.load_model(folder)
    settings = {"input_px": input_px or network.input_px, "tolerance": tolerance}
    if provenance.is_done(out, stage=_STAGE, settings=settings, parents=parents):
        logger.info("%s is complete: nothing to export", out)
        return 0
    sides = _checked_sides(network, input_px or network.input_px)
    graph = onnx_graph.graph(network, sides[0])
    error = difference(network, graph, sides)
    if not error <= tolerance:
        raise BadInput(
            f"{card.name}: ONNX logits differ from torch's by {error:.2g}, over the tolerance of "
            f"{tolerance:g}; nothing was written; raise --tolerance if that is small enough"
        )
    with artifact.writing(out, folder=False) as path:
        path.write_bytes(graph)
        record = provenance.record(
            stage=_STAGE, settings=settings, parents=parents, origin=origin, started=started
        )
        provenance.write(path, record)
    at = " and ".join(map(str, sides))
    print(f"{out}: {card.name}, at most {error:.2g} from torch's logits at {at} px")
    print(f"{out}: takes {_taken(network, sides[0])}")
    return 0


def difference(network: Network, graph: bytes, sides: Sequence[int]) -> float:
    """Largest absolute difference of the logits of three random images of each side.

    Neither the batch nor, where the graph takes several, a side is the one that was traced.
    """
    run, random = run_onnx(graph), np.random.default_rng(0)
    apart = 0.0
    for side in sides:
        images: NDArray[np.uint8] = random.integers(0, 256, (3, side, side), dtype=np.uint8)
        ours = predict.native(network, torch.from_numpy(images), torch.float32).numpy()
        apart = float(np.maximum(apart, np.abs(ours - run(images)).max()))  # a NaN stays
    return apart


def _checked_sides(network: Network, side: int) -> list[int]:
    """The side asked for and, where the graph takes others, one of about half of it."""
    if not network.traces_any_side:
        return [side]
    half = max(1, side // 2 // network.side_unit) * network.side_unit
    return [side, half if half < side else side + network.side_unit]


def _taken(network: Network, side: int) -> str:
    if network.traces_any_side:
        return f"images whose sides are multiples of {network.side_unit} px"
    return f"images of {side} x {side} px alone: this network's cells are counted in the graph"
