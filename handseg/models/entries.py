"""The table of networks: where each is built, its published form, and what may be chosen of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handseg import bones
from handseg.models.encoder_sizes import SIZES, SMOKE


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder by its family and the size within it."""

    family: str
    size: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One network. It has either filters or encoders to choose from."""

    network: str
    """`module:class`, imported when it is built: some take seconds to import."""
    input_px: int = 512
    output_px: int = 512
    """The sides that it is listed with."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the class."""
    filters: tuple[int, ...] = ()
    """The published filters of each level, finest first."""
    pool: int = 2
    """By how much the image shrinks from one level of filters to the next."""
    stem: int = 1
    """By how much it shrinks before the finest level."""
    encoders: Mapping[str, EncoderChoice] = field(default_factory=dict)
    """By the name in settings, the published one first."""
    output_strides: tuple[int, ...] = ()
    """Strides of the deepest encoder map to choose from, the published one first."""


def _family(family: str, first: str, *, prefix: str = "") -> dict[str, EncoderChoice]:
    """All published sizes of a family, one of them first."""
    sizes = [first, *(size for size in SIZES[family] if size not in (first, SMOKE))]
    return {prefix + size: EncoderChoice(family, size) for size in sizes}


def _with_smoke(family: str, choices: dict[str, EncoderChoice]) -> dict[str, EncoderChoice]:
    return {**choices, SMOKE: EncoderChoice(family, SMOKE)}


_B0 = {"b0": EncoderChoice("efficientnet", "b0")}
_RESNET_101 = _with_smoke("resnet", _family("resnet", "101", prefix="resnet"))
_RESNET_34 = _with_smoke("resnet", _family("resnet", "34", prefix="resnet") | _B0)
_HRNET = ("w48", "w18_small", "w18", "w32", "w64")
_PUBLISHED = (64, 128, 256, 512, 1024)
_EFFICIENT = tuple(bones.COUNT * factor for factor in (1, 2, 4, 8, 16))
_UNET_3_PLUS = "handseg.models.unet3plus:UNet3Plus"

ENTRIES: dict[str, Entry] = {
    "fcn_resnet101": Entry(
        network="handseg.models.fcn:FCN",
        encoders=_RESNET_101,
        output_strides=(8, 16),
    ),
    "unet_efficientnet_b0": Entry(
        network="handseg.models.unet_encoder:EncoderUNet",
        encoders=_with_smoke("efficientnet", _family("efficientnet", "b0")),
    ),
    "swin_upernet": Entry(
        network="handseg.models.upernet:UPerNet",
        encoders=_with_smoke("swin", _family("swin", "tiny")),
    ),
    "deeplabv3plus_resnet101": Entry(
        network="handseg.models.deeplabv3plus:DeepLabV3Plus",
        encoders=_RESNET_101,
        output_strides=(16, 8),
    ),
    "unet3plus": Entry(network=_UNET_3_PLUS, filters=_PUBLISHED),
    "unet3plus_ds": Entry(network=_UNET_3_PLUS, filters=_PUBLISHED, options={"supervised": True}),
    "unet3plus_ds_2048": Entry(
        network=_UNET_3_PLUS, filters=_PUBLISHED, options={"supervised": True}, output_px=2048
    ),
    "unet3plus_ds_2048_eff": Entry(
        network=_UNET_3_PLUS,
        filters=_EFFICIENT,
        pool=4,
        options={"supervised": True, "pool": 4, "auxiliary_at_output": False},
        input_px=1024,
        output_px=2048,
    ),
    "hrnet_w48": Entry(
        network="handseg.models.hrnet:HRNet",
        encoders=_with_smoke("hrnet", {size: EncoderChoice("hrnet", size) for size in _HRNET}),
    ),
    "unetplusplus": Entry(
        network="handseg.models.unetplusplus:UNetPlusPlus",
        encoders=_RESNET_34,
    ),
    "segformer": Entry(
        network="handseg.models.segformer:SegFormer",
        encoders=_with_smoke("mit", _family("mit", "b0")),
    ),
    "convnext_upernet": Entry(
        network="handseg.models.upernet:UPerNet",
        encoders=_with_smoke("convnext", _family("convnext", "tiny")),
    ),
    "unet": Entry(
        network="handseg.models.unet:UNet",
        filters=(32, 64, 128, 192),
        stem=2,
        input_px=256,
        output_px=256,
    ),
}
"""In the order in which they are listed: the report's rows, what won since, and a small one."""
