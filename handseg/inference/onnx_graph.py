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

    Takes `images`, uint8 (B, side, side), and gives `native_logits`, float32 (B, 29, h, w), for
    any B. The side is fixed: a runtime plans its memory for it, and every view has its own. Never
    in the graph is the enlargement to 29 x 2048 x 2048; what it takes is in the metadata.

    Args:
        network: on the CPU, float32; its mode is kept.
        side: of the square input, in pixels.

    Raises:
        BadInput: the side is no multiple of the network's stride, or the extra is not installed.
    """
    if side < 1 or side % network.stride:
        raise BadInput(
            f"side is {side}, the network needs a multiple of {network.stride}: "
            f"{multiples_beside(max(side, 1), network.stride)}"
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
            model = _exported(_Graph(network), side)
    finally:
        network.train(was_training)
    helper.set_model_props(model, metadata(network, side))
    return bytes(model.SerializeToString())


def _exported(wrapped: nn.Module, side: int) -> "onnx.ModelProto":
    images = torch.zeros(_TRACED, side, side, dtype=torch.uint8)
    exported = torch.onnx.export(
        wrapped.eval(),
        (images,),
        dynamo=True,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        verbose=False,
    )
    if exported is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return exported.model_proto


def metadata(network: Network, side: int) -> dict[str, str]:
    """What a user of the graph must know beside it; values that are not text are JSON.

    `refinement` holds the weights of the two grouped 3x3 convolutions (29 groups, zero padded)
    that follow the bilinear enlargement (half-pixel centres), or null; logits need
    `scale * native_stride` times their side to be as large as the network's output.
    """
    refine = network.refine
    weights = None if refine is None else {k: v.tolist() for k, v in refine.state_dict().items()}
    return {
        "classes": json.dumps(list(bones.NAMES)),
        "input_px": str(side),
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
