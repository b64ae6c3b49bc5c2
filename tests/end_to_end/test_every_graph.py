"""Every network's ONNX graph gives the logits of torch, at sides and in a batch not traced."""

import numpy as np
import pytest
import torch

from handseg.commands.export import difference
from handseg.inference import backend, onnx_graph, predict
from handseg.models import catalogue
from tests.smallest import smallest

ONE_SIDE = {"swin_upernet", "convnext_upernet"}


@pytest.mark.long
@pytest.mark.parametrize("name", catalogue.NAMES)
def test_a_graph_gives_the_logits_of_torch(name: str) -> None:
    torch.manual_seed(0)
    network = catalogue.build(smallest(name, output_px=160)).eval()
    assert network.traces_any_side == (name not in ONE_SIDE)
    graph = onnx_graph.graph(network, 64)
    assert difference(network, graph, [64] if name in ONE_SIDE else [64, 192]) < 1e-4
    if name not in ONE_SIDE:
        tall = np.random.default_rng(1).integers(0, 256, (1, 160, 64), np.uint8)
        expected = predict.native(network, torch.from_numpy(tall), torch.float32).numpy()
        assert np.abs(backend.run_onnx(graph)(tall) - expected).max() < 1e-4
