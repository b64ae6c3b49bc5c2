"""A graph gives torch's logits at every side, and the runtime torch's probabilities.

Every network's graph is compared in `tests/end_to_end/test_every_graph.py`.
"""

import json

import numpy as np
import onnx
import pytest
import torch

from handseg import bones
from handseg.commands.export import difference
from handseg.errors import BadInput
from handseg.images.cache import CachedImage
from handseg.inference import backend, device, onnx_graph, predict, tiles
from handseg.inference.device import Backend
from handseg.inference.store import ImageTiles
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.settings import InferSettings, ModelSettings

CPU = torch.device("cpu")


def _network() -> Network:
    torch.manual_seed(0)
    settings = ModelSettings(name="unet", filters=[4, 6, 8], input_px=32, output_px=64)
    network = catalogue.build(settings)
    for head in network.heads():  # so that some of the classes are found in places
        torch.nn.init.normal_(head.weight, std=2.0)
        torch.nn.init.constant_(head.bias if head.bias is not None else head.weight, -4.0)
    return network.eval()


def _predict(network: Network, name: Backend, precision: torch.dtype) -> list[ImageTiles]:
    pixels = np.random.default_rng(0).integers(0, 255, (3, 80, 64)).astype(np.uint8)
    images = [CachedImage(f"{k}.png", "ID001", "test", plane, {}) for k, plane in enumerate(pixels)]
    settings = InferSettings(batch_size=2, tta_scales=[2.0], backend=name)
    return list(predict.predict(network, images, device=CPU, dtype=precision, settings=settings))


@pytest.fixture(scope="module")
def graph() -> bytes:
    return onnx_graph.graph(_network(), 32)


def test_one_graph_gives_the_logits_of_torch_at_every_side(graph: bytes) -> None:
    # traced with two images of 32 px
    assert difference(_network(), graph, [32, 8, 56]) < 1e-4
    wide = np.random.default_rng(0).integers(0, 256, (1, 24, 64), np.uint8)
    expected = predict.native(_network(), torch.from_numpy(wide), torch.float32).numpy()
    assert np.abs(backend.run_onnx(graph)(wide) - expected).max() < 1e-4


def test_a_network_that_counts_cells_has_a_graph_of_one_side_which_says_so() -> None:
    network = _network()
    network.traces_any_side = False
    graph = onnx_graph.graph(network, 32)
    assert difference(network, graph, [32]) < 1e-4
    assert _metadata(graph)["any_side"] == "false"
    with pytest.raises(Exception, match="Got: 40 Expected: 32"):
        difference(network, graph, [40])


def test_onnxruntime_finds_what_torch_finds() -> None:
    network = _network()
    expected = _predict(network, "torch", torch.float32)
    found = _predict(network, "onnxruntime", torch.float32)
    for ours, theirs in zip(found, expected, strict=True):
        for class_id in range(bones.COUNT):
            here, there = (tiles.plane_roi(image, class_id) for image in (ours, theirs))
            assert (here.top, here.left) == (there.top, there.left)
            apart = np.abs(here.values.astype(int) - there.values.astype(int))
            assert apart.max(initial=0) <= 1  # a probability may round the other way
    assert any(tiles.plane_roi(expected[0], class_id).values.any() for class_id in range(29))


def _metadata(graph: bytes) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load_from_string(graph).metadata_props}


def test_metadata_say_how_to_use_the_graph(graph: bytes) -> None:
    network, found = _network(), _metadata(graph)
    assert json.loads(found["classes"]) == list(bones.NAMES)
    assert (found["input_px"], found["scale"], found["native_stride"]) == ("32", "2", "1")
    assert (found["any_side"], found["side_unit"]) == ("true", "8")
    assert json.loads(found["normalisation"])["in_graph"]
    assert network.refine is not None
    weights = json.loads(found["refinement"])
    for name, tensor in network.refine.state_dict().items():
        assert np.array_equal(np.float32(weights[name]), tensor.numpy())


def test_a_side_off_the_stride_is_refused() -> None:
    with pytest.raises(BadInput, match="side is 33.*take 32 or 40"):
        onnx_graph.graph(_network(), 33)


def test_a_runtime_for_cpus_refuses_a_gpu() -> None:
    with pytest.raises(BadInput, match="computes on CPUs"):
        backend.trunk(_network(), "onnxruntime", device=torch.device("cuda"), dtype=torch.float32)
    with pytest.raises(ValueError, match="computes on CPUs"):
        InferSettings(backend="onnxruntime", device="cuda")


def test_onnxruntime_takes_float32_by_itself_and_refuses_bf16() -> None:
    assert device.choose_precision("auto", CPU, backend="onnxruntime") == torch.float32
    with pytest.raises(ValueError, match="no bf16"):
        InferSettings(backend="onnxruntime", precision="bf16")


def test_a_missing_package_is_named_with_its_remedy() -> None:
    refusal = onnx_graph.missing(ImportError("No module", name="onnxruntime"))
    assert str(refusal) == "onnxruntime is not installed; pip install 'handseg[fast]'"
