"""Names of networks, and how each is built from settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import torch

from handseg import bones
from handseg.errors import BadInput
from handseg.models.network import Network, multiples_beside
from handseg.models.unet import STEM, UNet
from handseg.models.unet3plus import UNet3Plus
from handseg.settings import ModelSettings


@dataclass(frozen=True)
class _Entry:
    build: Callable[..., Network]
    filters: tuple[int, ...]
    pool: int
    input_px: int
    output_px: int
    stem: int = 1
    """By how much the image shrinks before the finest level."""


@dataclass(frozen=True)
class Description:
    """A network as published: its name, parameter count and sides in pixels."""

    name: str
    parameters: int
    input_px: int
    output_px: int


_PUBLISHED = (64, 128, 256, 512, 1024)
_EFFICIENT = tuple(bones.COUNT * factor for factor in (1, 2, 4, 8, 16))
_SUPERVISED = partial(UNet3Plus, supervised=True)

_ENTRIES: dict[str, _Entry] = {
    "unet3plus": _Entry(UNet3Plus, _PUBLISHED, 2, 512, 512),
    "unet3plus_ds": _Entry(_SUPERVISED, _PUBLISHED, 2, 512, 512),
    "unet3plus_ds_2048": _Entry(_SUPERVISED, _PUBLISHED, 2, 512, 2048),
    "unet3plus_ds_2048_eff": _Entry(
        partial(_SUPERVISED, pool=4, auxiliary_at_output=False), _EFFICIENT, 4, 1024, 2048
    ),
    "unet": _Entry(UNet, (32, 64, 128, 192), 2, 256, 256, STEM),
}

NAMES: tuple[str, ...] = tuple(_ENTRIES)
"""Networks that `build` knows, in the order in which they are listed."""

_LEAST_LEVELS = 3


def build(settings: ModelSettings) -> Network:
    """A freshly initialised network with 29 classes, float32, on the default device.

    Raises:
        BadInput: the name is unknown, there are fewer than 3 levels of filters, or input_px is no
            multiple of the network's stride.
    """
    entry, filters = _resolve(settings)
    side = stride(settings)
    if settings.input_px % side:
        raise BadInput(
            f"model.input_px is {settings.input_px}, {settings.name} with {len(filters)} levels "
            f"needs a multiple of {side}: {multiples_beside(settings.input_px, side)}"
        )
    network = entry.build(
        filters, class_count=bones.COUNT, scale=Fraction(settings.output_px, settings.input_px)
    )
    network.input_px = settings.input_px
    return network


def stride(settings: ModelSettings) -> int:
    """Input sides are whole multiples of this many pixels.

    Raises:
        BadInput: the name is unknown or there are fewer than 3 levels of filters.
    """
    entry, filters = _resolve(settings)
    return int(entry.stem * entry.pool ** (len(filters) - 1))


def describe() -> list[Description]:
    """Every network as published, counted on the meta device (no memory, no initial weights)."""
    found: list[Description] = []
    for name, entry in _ENTRIES.items():
        settings = ModelSettings(name=name, input_px=entry.input_px, output_px=entry.output_px)
        with torch.device("meta"):
            network = build(settings)
        count = sum(parameter.numel() for parameter in network.parameters())
        found.append(Description(name, count, entry.input_px, entry.output_px))
    return found


def _resolve(settings: ModelSettings) -> tuple[_Entry, Sequence[int]]:
    entry = _ENTRIES.get(settings.name)
    if entry is None:
        raise BadInput(f"no model is called {settings.name!r}; choose one of {', '.join(NAMES)}")
    filters = settings.filters or list(entry.filters)
    if len(filters) < _LEAST_LEVELS:
        raise BadInput(
            f"model.filters has {len(filters)} levels: {filters}; give at least {_LEAST_LEVELS}"
        )
    return entry, filters
