"""A checkpoint as an ONNX file, checked against torch before it is written."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.inference import onnx_graph, predict
from handseg.inference.backend import run_onnx
from handseg.models.network import Network
from handseg.storage import artifact
from handseg.storage.location import Location
from handseg.training import checkpoint as checkpoints


def export(
    *,
    checkpoint: Location,
    out: Path,
    input_px: int = 0,
    tolerance: float = 1e-3,
) -> int:
    """Write a member as ONNX: uint8 images (B, side, side) to native logits, for any batch size.

    Normalisation is in the graph. Classes, scale and the refinement's weights, which are applied
    after the logits are enlarged, are in the file's metadata.

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
    if not tolerance > 0:
        raise BadInput(f"tolerance is {tolerance}; give a number above 0, such as 1e-3")
    if input_px < 0:
        raise BadInput(f"input_px is {input_px}; give a side in pixels, or 0 for the trained one")
    with artifact.reading(checkpoint, verify=True) as folder:
        network, card = checkpoints.load_model(folder)
    side = input_px or network.input_px
    graph = onnx_graph.graph(network, side)
    error = difference(network, graph, side)
    if not error <= tolerance:
        raise BadInput(
            f"{card.name}: ONNX logits differ from torch's by {error:.2g}, over the tolerance of "
            f"{tolerance:g}; nothing was written; raise --tolerance if that is small enough"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.partial")
    temporary.write_bytes(graph)
    temporary.replace(out)
    print(f"{out}: {card.name} at {side} px, at most {error:.2g} from torch's logits")
    return 0


def difference(network: Network, graph: bytes, side: int) -> float:
    """Largest absolute difference of the logits of three random images: not the traced batch."""
    images: NDArray[np.uint8] = np.random.default_rng(0).integers(
        0, 256, (3, side, side), dtype=np.uint8
    )
    ours = predict.native(network, torch.from_numpy(images), torch.float32).numpy()
    return float(np.abs(ours - run_onnx(graph)(images)).max())
