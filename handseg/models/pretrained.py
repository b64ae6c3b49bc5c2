"""Published encoder weights, from a local folder or a Hugging Face name: safetensors alone."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers.utils import logging as library_logging

from handseg.errors import BadInput, MissingInput
from handseg.models.encoders import Encoder
from handseg.settings import ModelSettings

_REMEDY = f"or start afresh with --settings.model.pretrained {ModelSettings.pretrained}"
_OWN = "hidden_states_norms."
"""Normalisations between encoder and decoder: published classifiers have none of them."""
_SWITCHES = ("model_type", "hidden_act", "downsample_in_bottleneck")
"""What the shapes of weights do not tell of an encoder."""
_SHOWN = 4


@dataclass(frozen=True)
class _Found:
    """What a place holds, by the encoder's names."""

    tensors: Mapping[str, Tensor]
    shapes: Mapping[str, Sequence[int]]
    """Of all published tensors, also of those that do not fit."""
    others: Sequence[str]
    """Names that are none of the encoder's."""


def load(encoder: Encoder, where: str) -> list[str]:
    """Put published weights into an encoder, in place; all of its weights or none.

    Args:
        encoder: its body reads them by its library's code, or else has the names in the files.
        where: a local folder, or a Hugging Face name such as microsoft/resnet-101.

    Returns:
        Lines for a person: how much matched, what was left out, what starts afresh.

    Raises:
        MissingInput: there is no such folder.
        BadInput: there are no weights in safetensors, they cannot be fetched, or they are not of
            this encoder; the encoder is as it was.
    """
    _check_place(where)
    body = encoder.body
    try:
        found = _of_library(body, where) if hasattr(body, "from_pretrained") else _of_files(where)
    # What huggingface_hub raises of a name, a network or a file is one of these.
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise BadInput(
            f"model.pretrained {where}: no weights could be read ({_first_line(error)}); give a "
            f"folder with config.json and model.safetensors, {_REMEDY}"
        ) from error
    own = body.state_dict()
    _check_fit(own, found, where)
    with torch.no_grad():
        for name, tensor in found.tensors.items():
            if name in own:
                own[name].copy_(tensor)
    return _report(own, found, where)


def _check_place(where: str) -> None:
    if where.startswith("s3://"):
        raise BadInput(f"model.pretrained {where}: `handseg train` fetches it; give a local folder")
    if where.startswith(("/", ".", "~")) and not Path(where).is_dir():
        raise MissingInput(
            f"model.pretrained {where}: there is no such folder; give one, {_REMEDY}"
        )


def _of_library(body: Any, where: str) -> _Found:
    """Read by the library, which knows the names that its older files had."""
    published, _ = body.config_class.get_config_dict(where)
    for name in _SWITCHES:
        own = getattr(body.config, name, None)
        if published.get(name, own) != own:
            raise ValueError(f"{name} is {published[name]!r} there and {own!r} in the encoder")
    with _quietly():
        fresh, told = type(body).from_pretrained(
            where,
            config=body.config,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
    wrong = {name: there for name, there, _ in told["mismatched_keys"]}
    absent = {*told["missing_keys"], *wrong}
    tensors = {name: t for name, t in fresh.state_dict().items() if name not in absent}
    shapes = {name: tensor.shape for name, tensor in tensors.items()} | wrong
    return _Found(tensors, shapes, sorted(told["unexpected_keys"]))


def _of_files(where: str) -> _Found:
    """Read files whose names are the encoder's own, as timm's are."""
    folder = Path(where)
    if not folder.is_dir():
        # The name is the user's; a folder is what pins it, and safetensors run nothing.
        fetched = snapshot_download(where, allow_patterns=["*.safetensors"])  # nosec B615
        folder = Path(fetched)
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise FileNotFoundError(f"no *.safetensors in {folder}")
    tensors = {name: tensor for file in files for name, tensor in load_file(file).items()}
    return _Found(tensors, {name: tensor.shape for name, tensor in tensors.items()}, [])


def _check_fit(own: Mapping[str, Tensor], found: _Found, where: str) -> None:
    wrong = [
        f"{name} is {tuple(found.shapes[name])} there and {tuple(tensor.shape)} here"
        for name, tensor in own.items()
        if name in found.shapes and tuple(found.shapes[name]) != tuple(tensor.shape)
    ]
    wrong += [f"{name} is not there" for name in own if _must_be(name) and name not in found.shapes]
    if wrong:
        raise BadInput(
            f"model.pretrained {where}: not the weights of this encoder: {_some(wrong)}; choose "
            f"model.encoder to match, {_REMEDY}"
        )


def _must_be(name: str) -> bool:
    return not name.startswith(_OWN) and not name.endswith("num_batches_tracked")


def _report(own: Mapping[str, Tensor], found: _Found, where: str) -> list[str]:
    matched = [name for name in own if name in found.tensors]
    afresh = [name for name in own if name not in found.tensors]
    others = [*found.others, *(name for name in found.tensors if name not in own)]
    values = sum(own[name].numel() for name in matched)
    lines = [f"{where}: {len(matched)} of the encoder's {len(own)} tensors, {values:,} values"]
    if afresh:
        lines.append(f"  not there, so these start afresh: {_some(afresh)}")
    if others:
        lines.append(f"  not of the encoder, so left out: {_some(others)}")
    return lines


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the library's own table of what did not match, and its bar: `load` has a report."""
    logger = logging.getLogger("transformers")
    level, has_bar = logger.level, library_logging.is_progress_bar_enabled()
    logger.setLevel(logging.ERROR)
    library_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logger.setLevel(level)
        if has_bar:
            library_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
