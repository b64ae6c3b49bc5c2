"""What computes the trunk: torch, or a runtime for CPUs; the tail is the same after each.

OpenVINO is none of them: once it has run, SIGTERM is a segmentation fault, not an orderly end.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from handseg.errors import BadInput
from handseg.inference import onnx_graph
from handseg.inference.device import Backend
from handseg.models.network import Network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Run = Callable[["NDArray[np.uint8]"], "NDArray[np.float32]"]
Trunk = Callable[[Tensor], Tensor]
"""From uint8 (B, h, w) to the main logits before enlargement: float32 (B, 29, h', w')."""


def trunk(network: Network, backend: Backend, *, device: torch.device, dtype: torch.dtype) -> Trunk:
    """The trunk of a network on a runtime; its graph is made when the first images come.

    A network that counts cells while it is traced has one graph for each input side.

    Args:
        network: on the CPU, with its final weights.
        backend: onnxruntime.
        device: must be the CPU.
        dtype: float32.

    Raises:
        BadInput: the device is a GPU, the runtime lacks the precision or is not installed.
    """
    if device.type != "cpu":
        raise BadInput(
            f"backend is {backend}, which computes on CPUs, and the device is {device.type}; "
            "give --settings.device cpu, or --settings.backend torch"
        )
    if dtype == torch.bfloat16:
        raise BadInput(
            "backend is onnxruntime, which has no bf16 on CPUs; give --settings.precision float32"
        )
    made = cache(lambda side: run_onnx(onnx_graph.graph(network, side)))

    def native(inputs: Tensor) -> Tensor:
        side = network.input_px if network.traces_any_side else inputs.shape[-1]
        return torch.from_numpy(made(side)(inputs.numpy()))

    return native


def run_onnx(graph: bytes) -> Run:
    """An ONNX file, ready to run on the CPU with torch's number of threads."""
    try:
        onnxruntime: Any = import_module("onnxruntime")
    except ImportError as error:
        raise onnx_graph.missing(error) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(images: "NDArray[np.uint8]") -> "NDArray[np.float32]":
        found: NDArray[np.float32] = session.run(None, {onnx_graph.INPUT: images})[0]
        return found

    return run
