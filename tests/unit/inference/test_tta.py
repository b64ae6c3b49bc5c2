"""Views are undone before they are averaged, as probabilities, at the image's own size."""

import tracemalloc
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from handseg.errors import BadInput
from handseg.images import normalise
from handseg.images.cache import CachedImage
from handseg.inference import predict, refinement, tiles, tta
from handseg.inference.store import ImageTiles
from handseg.inference.tail import Tail
from handseg.inference.tiles import TileBuilder
from handseg.models import catalogue
from handseg.models.network import HeadLogits, Network
from handseg.settings import InferSettings, ModelSettings

CPU = torch.device("cpu")
PLAIN = InferSettings()
EVERY = InferSettings(tta_flip=True, tta_rotate_degrees=[-7, 12], tta_scales=[0.75, 1.5])


class Brightness(Network):
    """Says of each pixel by itself whether it is bright: it sees every view alike."""

    scale, stride, input_px = Fraction(1), 8, 64
    refine = None

    def native(self, images: Tensor) -> Tensor:
        grey = images[:, :1] * normalise.STANDARD_DEVIATION + normalise.MEAN
        return (12 * grey - 6).repeat(1, 29, 1, 1)

    def forward(self, images: Tensor) -> list[HeadLogits]:
        native = self.native(images)
        return [HeadLogits(native, (native.shape[-2], native.shape[-1]))]


def _unet(scale: int = 2) -> Network:
    torch.manual_seed(0)
    settings = ModelSettings(name="unet", filters=[4, 6, 8], input_px=32, output_px=32 * scale)
    network = catalogue.build(settings)
    for head in network.heads():  # so that some of the classes are found in places
        torch.nn.init.normal_(head.weight, std=2.0)
        torch.nn.init.constant_(head.bias if head.bias is not None else head.weight, -4.0)
    return network.eval()


def _image(pixels: NDArray[np.uint8]) -> CachedImage:
    return CachedImage("a.png", "ID001", "test", pixels, {})


def _noise(shape: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 255, shape, np.uint8)


def _blobs(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Smooth, bright in places, also in a corner; no two quarters are alike."""
    height, width = shape
    pixels = np.zeros(shape, np.float32)
    for x, y, radius in ((0.3, 0.4, 0.12), (0.7, 0.25, 0.08), (0.55, 0.8, 0.1), (1, 0, 0.2)):
        centre = (round(x * width), round(y * height))
        cv2.circle(pixels, centre, round(radius * width), 230.0, -1)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), width / 40), np.uint8)


def _predict(network: Network, pixels: NDArray[np.uint8], settings: InferSettings) -> ImageTiles:
    (found,) = predict.predict(
        network, [_image(pixels)], device=CPU, dtype=torch.float32, settings=settings
    )
    return found


def _planes(found: ImageTiles) -> NDArray[np.uint8]:
    planes = np.zeros((29, found.height, found.width), np.uint8)
    for class_id in range(29):
        roi = tiles.plane_roi(found, class_id)
        height, width = roi.values.shape
        planes[class_id, roi.top : roi.top + height, roi.left : roi.left + width] = roi.values
    return planes


@torch.inference_mode()
def _dense(network: Network, inputs: NDArray[np.uint8], shape: tuple[int, int]) -> Tensor:
    """Probabilities (29, *shape) of one input, all planes at once."""
    logits = network(normalise.to_tensor(torch.from_numpy(inputs)[None]))[0].logits()
    return F.interpolate(logits.sigmoid(), size=shape, mode="bilinear")[0]


def _agree(found: NDArray[np.uint8], dense: NDArray[np.float32], slack: float = 1.0) -> bool:
    sure = (dense < 7) | (dense > 9)
    kept = np.where(dense >= 8, dense, 0)
    return bool((np.abs(found - kept)[sure] <= slack).all() and kept.any() and not kept.all())


def test_by_default_nothing_is_changed_to_the_byte() -> None:
    network, pixels = _unet(), _noise((90, 70))
    inputs = torch.from_numpy(normalise.to_input(pixels, network.input_px))[None]
    with torch.inference_mode():
        native = network.native(normalise.to_tensor(inputs))[0].contiguous().numpy()
    refine = network.refine
    assert refine is not None
    tail = Tail(network.scale, refinement.of_classes(refine), PLAIN.cut_level)
    builder = TileBuilder("a.png", "ID001", height=90, width=70)
    for region in tail.regions(native, (90, 70)):
        builder.add(region.class_id, region.values, top=region.top, left=region.left)
    expected, found = builder.build(), _predict(network, pixels, PLAIN)
    for name in ("class_ids", "rows", "columns", "values"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_the_mean_of_flip_and_scales_equals_the_dense_mean() -> None:
    network, pixels = _unet(), _noise((90, 70))
    settings = InferSettings(tta_flip=True, tta_scales=[0.75, 1.5])
    shape, mirrored = (90, 70), np.ascontiguousarray(pixels[:, ::-1])
    dense = torch.stack(
        [
            _dense(network, normalise.to_input(pixels, 32), shape),
            _dense(network, normalise.to_input(mirrored, 32), shape).flip(-1),
            _dense(network, normalise.to_input(pixels, 24), shape),
            _dense(network, normalise.to_input(pixels, 48), shape),
        ]
    ).mean(dim=0)
    assert _agree(_planes(_predict(network, pixels, settings)), 255 * dense.numpy())


@pytest.mark.parametrize("shape", [(96, 96), (80, 120), (64, 64)])
def test_turned_views_are_turned_back(shape: tuple[int, int]) -> None:
    network, pixels = Brightness().eval(), _blobs(shape)
    plain = _planes(_predict(network, pixels, PLAIN))
    turned = _planes(_predict(network, pixels, InferSettings(tta_rotate_degrees=[-20, 20])))
    apart = np.abs(plain[0].astype(int) - turned[0])
    # the black beyond the frame is mixed in at its edge; a blob falls by 20 in a pixel
    assert apart.mean() < 1 and apart[4:-4, 4:-4].max() < 20


def test_a_corner_counts_only_in_views_that_show_it() -> None:
    network, pixels = Brightness().eval(), _blobs((96, 96))
    settings = InferSettings(tta_rotate_degrees=[45, -45])
    corner = np.s_[0, :6, -6:]
    plain, turned = (_planes(_predict(network, pixels, s))[corner] for s in (PLAIN, settings))
    assert plain.min() > 200 and np.abs(plain.astype(int) - turned).max() <= 1


def test_a_turned_view_is_averaged_where_it_shows_anything() -> None:
    """The mean with a rotation equals that of the dense planes, warped by OpenCV."""
    network, pixels, angle = _unet(), _noise((90, 70)), 15.0
    matrix = cv2.getRotationMatrix2D((34.5, 44.5), angle, 1.0)
    turned = cv2.warpAffine(pixels, matrix, (70, 90)).astype(np.uint8)
    plain = 255 * _dense(network, normalise.to_input(pixels, 32), (90, 70)).numpy()
    view = 255 * _dense(network, normalise.to_input(turned, 32), (90, 70)).numpy()
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    back = np.stack([cv2.warpAffine(plane, matrix, (70, 90), flags=how) for plane in view])
    shown = cv2.warpAffine(np.ones((90, 70), np.float32), matrix, (70, 90), flags=how)
    mean = (plain + back) / 2
    found = _planes(_predict(network, pixels, InferSettings(tta_rotate_degrees=[angle])))
    inner = cv2.erode(shown, np.ones((5, 5))) == 1
    assert _agree(found[:, inner], mean[:, inner].astype(np.float32), slack=1.5)


def test_a_mirrored_image_gives_exactly_the_mirrored_answer() -> None:
    network, pixels = _unet(), _noise((90, 70))
    settings = InferSettings(tta_flip=True)
    one = _planes(_predict(network, pixels, settings))
    other = _planes(_predict(network, np.ascontiguousarray(pixels[:, ::-1]), settings))
    assert np.array_equal(one, other[:, :, ::-1]) and one.any()


def test_the_order_of_angles_and_batches_changes_nothing() -> None:
    network = _unet()
    images = [_image(_noise(shape, i)) for i, shape in enumerate([(64, 64), (80, 50), (64, 40)])]
    turned = InferSettings(**{**vars(EVERY), "tta_rotate_degrees": [12, -7], "batch_size": 3})
    ways = [
        list(predict.predict(network, images, device=CPU, dtype=torch.float32, settings=s))
        for s in (EVERY, turned)
    ]
    for one, other in zip(*ways, strict=True):
        # 7 for what the cut at 8 made 0: a rounding may carry a value across it
        apart = _planes(one).astype(int).clip(7) - _planes(other).astype(int).clip(7)
        assert np.abs(apart).max() <= 1


def test_no_view_builds_the_planes_of_all_classes() -> None:
    pixels = np.zeros((1024, 1024), np.uint8)
    pixels[300:360, 200:260] = 255
    network = Brightness().eval()
    tracemalloc.start()
    found = _predict(network, pixels, EVERY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 29 planes of 1024 x 1024 are 30 MB in bytes, 122 MB in float32
    assert peak < 8e6
    roi = tiles.plane_roi(found, 28)
    assert roi.values[330 - roi.top, 230 - roi.left] > 200


def test_scales_are_rounded_to_what_the_network_takes() -> None:
    network = Brightness()
    # 64 * 1.3 = 83.2 -> 80; 64 * 0.8 = 51.2 -> 48; in steps of 8
    views = tta.views(network, InferSettings(tta_scales=[1.3, 0.8]))
    assert [view.input_px for view in views] == [64, 80, 48]
    network.scale = Fraction(5, 3)  # the output is whole in steps of 24
    assert [v.input_px for v in tta.views(network, InferSettings(tta_scales=[1.3]))] == [64, 72]


@pytest.mark.parametrize(
    "settings",
    [InferSettings(tta_scales=[1.01]), InferSettings(tta_scales=[1.3, 1.28])],
)
def test_a_scale_that_rounds_to_another_views_is_refused(settings: InferSettings) -> None:
    with pytest.raises(BadInput, match=r"tta_scales has 1\.\d+, whose input of \d+ px .* leave it"):
        tta.views(Brightness(), settings)


def test_an_angle_given_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="tta_rotate_degrees has 5, whose input of 64 px at 5 deg"):
        tta.views(Brightness(), InferSettings(tta_rotate_degrees=[5, 5]))


def test_logits_that_are_not_finite_are_refused_in_any_view() -> None:
    network = _unet()
    torch.nn.init.constant_(network.heads()[0].weight, float("nan"))
    with pytest.raises(BadInput, match=r"a\.png: logits of finger-1 are not finite"):
        _predict(network, _noise((64, 64)), EVERY)
