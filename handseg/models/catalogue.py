"""Names of networks, and how each is built from settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

import torch

from handseg import bones
from handseg.errors import BadInput
from handseg.models import encoders
from handseg.models.encoders import Encoder
from handseg.models.entries import ENTRIES, EncoderChoice, Entry
from handseg.models.network import Network, multiples_beside
from handseg.settings import ModelSettings


@dataclass(frozen=True)
class Description:
    """A network as published: its name, parameter count, sides in pixels and encoders."""

    name: str
    parameters: int
    input_px: int
    output_px: int
    encoders: tuple[str, ...]
    """What `model.encoder` may be, the published one first; none where nothing is to choose."""


NAMES: tuple[str, ...] = tuple(ENTRIES)
"""Networks that `build` knows, in the order in which they are listed."""

_LEAST_LEVELS = 3
_DEEPEST_STRIDE = 32
"""Of every encoder that is not dilated."""


def build(settings: ModelSettings) -> Network:
    """A freshly initialised network with 29 classes, float32, on the default device.

    Pretrained weights are not loaded here: see `load_pretrained`.

    Raises:
        BadInput: the name is unknown; a setting is of no use to this network, or not one of its
            choices; there are fewer than 3 levels of filters; or input_px is no multiple of the
            network's stride.
    """
    entry, side = _entry(settings), stride(settings)
    if settings.input_px % side:
        levels = f" with {len(_filters(entry, settings))} levels" if entry.filters else ""
        raise BadInput(
            f"model.input_px is {settings.input_px}, {settings.name}{levels} "
            f"needs a multiple of {side}: {multiples_beside(settings.input_px, side)}"
        )
    module, kind = entry.network.split(":")
    scale = Fraction(settings.output_px, settings.input_px)
    made = getattr(import_module(module), kind)
    arguments: dict[str, Any] = {"class_count": bones.COUNT, "scale": scale, **entry.options}
    network: Network
    if entry.filters:
        network = made(_filters(entry, settings), **arguments)
    else:
        choice = _choice(entry, settings)
        chosen = _encoder(choice, _output_stride(entry, settings))
        network = made(encoder=chosen, **arguments)
    network.input_px = settings.input_px
    return network


def load_pretrained(network: Network, where: str) -> list[str]:
    """Put published weights into a network's encoder, in place.

    Args:
        network: one that `build` made, of a name that has encoders.
        where: a local folder with safetensors, or a Hugging Face name.

    Returns:
        Lines for a person: how much matched, and what did not and why.

    Raises:
        BadInput: the network has no encoder, or the weights are missing or of another encoder.
    """
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, Encoder):
        raise BadInput(f"model.pretrained is {where}, but {type(network).__name__} has no encoder")
    # By name: only a new training needs it, and importing it takes a second.
    report: list[str] = import_module("handseg.models.pretrained").load(encoder, where)
    return report


def stride(settings: ModelSettings) -> int:
    """Input sides are whole multiples of this many pixels.

    Raises:
        BadInput: as `build` does, but for input_px.
    """
    entry = _entry(settings)
    if entry.filters:
        return int(entry.stem * entry.pool ** (len(_filters(entry, settings)) - 1))
    _choice(entry, settings)
    return _output_stride(entry, settings)


def encoder_names(name: str) -> tuple[str, ...]:
    """What `model.encoder` may be for a network, the published one first; none without a choice."""
    return tuple(ENTRIES[name].encoders)


def describe() -> list[Description]:
    """Every network as published, counted on the meta device (no memory, no initial weights)."""
    found: list[Description] = []
    for name, entry in ENTRIES.items():
        settings = ModelSettings(name=name, input_px=entry.input_px, output_px=entry.output_px)
        with torch.device("meta"):
            network = build(settings)
        count = sum(parameter.numel() for parameter in network.parameters())
        found.append(Description(name, count, entry.input_px, entry.output_px, encoder_names(name)))
    return found


def _entry(settings: ModelSettings) -> Entry:
    """The network's line in the table, once every setting is known to have an effect on it."""
    entry = ENTRIES.get(settings.name)
    if entry is None:
        raise BadInput(f"no model is called {settings.name!r}; choose one of {', '.join(NAMES)}")
    unused = {
        "filters": bool(settings.filters) and not entry.filters,
        "encoder": bool(settings.encoder) and not entry.encoders,
        "output_stride": bool(settings.output_stride) and not entry.output_strides,
        "pretrained": settings.pretrained != ModelSettings.pretrained and not entry.encoders,
    }
    for name, is_unused in unused.items():
        if is_unused:
            raise BadInput(
                f"model.{name} is {getattr(settings, name)}, of which {settings.name} has no use; "
                "leave it out"
            )
    return entry


def _filters(entry: Entry, settings: ModelSettings) -> Sequence[int]:
    filters = settings.filters or list(entry.filters)
    if len(filters) < _LEAST_LEVELS:
        raise BadInput(
            f"model.filters has {len(filters)} levels: {filters}; give at least {_LEAST_LEVELS}"
        )
    return filters


def _choice(entry: Entry, settings: ModelSettings) -> EncoderChoice:
    name = settings.encoder or next(iter(entry.encoders))
    if name not in entry.encoders:
        raise BadInput(
            f"{settings.name} has no encoder {name!r}; choose model.encoder from "
            f"{', '.join(entry.encoders)}"
        )
    return entry.encoders[name]


def _output_stride(entry: Entry, settings: ModelSettings) -> int:
    choices = entry.output_strides or (_DEEPEST_STRIDE,)
    return settings.output_stride or choices[0]


def _encoder(choice: EncoderChoice, output_stride: int) -> Encoder:
    if choice.family != "hrnet":
        return encoders.encoder(choice.family, choice.size, output_stride=output_stride)
    module = import_module("handseg.models.hrnet")
    made: Encoder = module.HRNetEncoder(module.LAYOUTS[choice.size])
    return made
