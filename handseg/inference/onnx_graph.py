"""A network as an ONNX graph: from uint8 images to its main logits before enlargement."""

import contextlib
import json
import logging
import os
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from handseg import bones
from handseg.errors import BadInput
from handseg.images import normalise
from handseg.models.network import Network, multiples_beside

if TYPE_CHECKING:
    import onnx

INPUT, OUTPUT = "images", "native_logits"
OPSET = 20
_TRACED = 2
"""Images in the batch that is traced: a batch of one would be taken for a constant."""
_TRACED_UNITS = 4
"""Side of a traced image in units of the network's: a map of 1x1 would be a constant too."""


class _Graph(nn.Module):
    """Normalisation and trunk: the runtime takes the very pixels that torch does."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        grey = (images.to(torch.float32) / 255 - normalise.MEAN) / normalise.STANDARD_DEVIATION
        return self.network.native(grey.unsqueeze(1).expand(-1, 3, -1, -1)).to(torch.float32)


def graph(network: Network, side: int) -> bytes:
    """The trunk of a network as an ONNX file, with its weights.

    Takes `images`, uint8 (B, H, W), and gives `native_logits`, float32 (B, 29, h, w), for any B,
    and for every H and W that are multiples of the network's unit. Of a network that counts cells
    while it is traced (`traces_any_side`), H and W are `side` and nothing else. Never in the graph
    is the enlargement to 29 x 2048 x 2048; what it takes is in the metadata.

    Args:
        network: on the CPU, float32; its mode is kept.
        side: of the square input that it is for, in pixels.

    Raises:
        BadInput: the side is no multiple of the network's unit, or the extra is not installed.
    """
    if side < 1 or side % network.side_unit:
        raise BadInput(
            f"side is {side}, the network needs a multiple of {network.side_unit}: "
            f"{multiples_beside(max(side, 1), network.side_unit)}"
        )
    try:
        helper = import_module("onnx.helper")
        import_module("onnxscript")  # torch's exporter needs it
    except ImportError as error:
        raise missing(error) from error
    was_training = network.training
    network.eval()
    try:
        # The fused attention's strides cannot be decomposed; plain attention's can.
        with _quiet(), sdpa_kernel(SDPBackend.MATH):
            model = _exported(network, side)
    finally:
        network.train(was_training)
    helper.set_model_props(model, metadata(network, side))
    return bytes(model.SerializeToString())


def _exported(network: Network, side: int) -> "onnx.ModelProto":
    unit, axes = network.side_unit, {0: torch.export.Dim("batch")}
    if network.traces_any_side:
        side = _TRACED_UNITS * unit
        axes |= {1: torch.export.Dim("rows") * unit, 2: torch.export.Dim("columns") * unit}
    exported = torch.onnx.export(
        _Graph(network).eval(),
        (torch.zeros(_TRACED, side, side, dtype=torch.uint8),),
        dynamo=True,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=(axes,),
        verbose=False,
    )
    if exported is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return exported.model_proto


def metadata(network: Network, side: int) -> dict[str, str]:
    """What a user of the graph must know beside it; values that are not text are JSON.

    `refinement` holds the weights of the two grouped 3x3 convolutions (29 groups, zero padded)
    that follow the bilinear enlargement (half-pixel centres), or null; logits need
    `scale * native_stride` times their side to be as large as the network's output. `any_side` says
    whether the graph takes sides other than `input_px`, which are multiples of `side_unit`.
    """
    refine = network.refine
    weights = None if refine is None else {k: v.tolist() for k, v in refine.state_dict().items()}
    return {
        "classes": json.dumps(list(bones.NAMES)),
        "input_px": str(side),
        "any_side": json.dumps(network.traces_any_side),
        "side_unit": str(network.side_unit),
        "normalisation": json.dumps(
            {
                "mean": normalise.MEAN,
                "standard_deviation": normalise.STANDARD_DEVIATION,
                "of": "pixels / 255",
                "in_graph": True,
            }
        ),
        "scale": str(network.scale),
        "native_stride": str(network.native_stride),
        "refinement": json.dumps(weights),
    }


def missing(error: ImportError) -> BadInput:
    """The refusal where a package of the extra is not installed."""
    return BadInput(f"{error.name} is not installed; pip install 'handseg[fast]'")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells its own developers of deprecations and of what it skips."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "torch.export")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), open(os.devnull, "w") as nowhere:  # noqa: PTH123
            warnings.simplefilter("ignore")
            with contextlib.redirect_stdout(nowhere):
                yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
