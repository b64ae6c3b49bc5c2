"""Start a training with the weights of a related checkpoint, as far as they match.

Refused where that checkpoint, or one that it was itself started from, saw people whom the new
member is to hold out: its validation would then say too much.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from handseg.errors import BadInput, MissingInput
from handseg.findings import fingerprint, leaks
from handseg.findings.leaks import Known
from handseg.folds import FoldTable
from handseg.training import checkpoint
from handseg.training.checkpoint import Card, WarmStart

logger = logging.getLogger(__name__)
_SHOWN = 20
"""Modules without a match that are listed; people that are named."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The checkpoint to start from."""

    folder: Path
    content: str
    """Its content hash."""
    allow_seen: bool = False
    """Whether it may have seen the people held out."""


@dataclass(frozen=True)
class Match:
    """What became of one module's tensors."""

    module: str
    values: int
    """Numbers in its tensors; 0 where only the source has it."""
    why_not: str = ""
    """Empty where they were taken."""


def admit(
    source: Source, *, held_out: Known, table: FoldTable, folds: str, person_key: str
) -> tuple[dict[str, list[str]], list[str]]:
    """Find out whom a checkpoint saw, and refuse it where they are held out now.

    Args:
        source: the checkpoint, and whether seen people are allowed.
        held_out: the people held out now; see `leaks`.
        table: the fold table of the new training.
        folds: its content hash; the card of an older checkpoint names the table alone.
        person_key: fingerprint of the key whose hashes people are called by now, if there is one.

    Returns:
        Everyone the checkpoint saw, by hashed id, and the people held out among them.

    Raises:
        BadInput: it saw people who are held out, does not say whom it saw, or calls people by
            hashes of another key, and this is not allowed.
    """
    card = checkpoint.load_card(source.folder)
    seen = _seen(card, table, folds)
    remedy = (
        "start from a checkpoint that held them out too; or, if they are others of the same id, or "
        "seen people do not matter, give --allow-seen, which the card records"
    )
    if not seen and not source.allow_seen:
        raise BadInput(
            f"{source.folder}: its card does not say whom it was trained on, and its fold table is "
            f"another one, so it may have seen the people of fold {card.fold}; {remedy}"
        )
    _check_key(source, card, person_key, remedy)
    again = leaks.seen_again(held_out, seen)
    named = ", ".join(f"{person} ({why})" for person, why in sorted(again.items())[:_SHOWN])
    said = (
        f"{source.folder}: member {card.name} (fold {card.fold} held out) has seen {len(again)} of "
        f"the {len(held_out)} people held out now: {named}"
    )
    if again and not source.allow_seen:
        raise BadInput(f"{said}; {remedy}")
    if again:
        logger.warning("leaking folds: %s; allowed", said)
    return seen, sorted(again)


def _check_key(source: Source, card: Card, person_key: str, remedy: str) -> None:
    """Ids can only be compared under one key; the same images are found under any."""
    if card.person_key == person_key:
        return
    keys = [f"hashes of key {key}" if key else "their ids" for key in (card.person_key, person_key)]
    said = f"{source.folder}: people are called by {keys[0]} there, and by {keys[1]} here"
    if not source.allow_seen:
        raise BadInput(f"{said}, so it may have seen people who are held out now; {remedy}")
    logger.warning("leaking folds: %s: they can be told by their images alone; allowed", said)


def _seen(card: Card, table: FoldTable, folds: str) -> dict[str, list[str]]:
    """Whom a checkpoint saw: as its card says, or as the fold table does if it is the same one."""
    if card.seen or card.folds != folds:
        return card.seen
    return {fingerprint.of_person(row.person): [] for row in table.rows if row.fold != card.fold}


def load(source: Source, networks: Sequence[nn.Module]) -> tuple[Card, list[Match]]:
    """Put what matches into networks of one kind; a module is taken whole or not at all.

    Args:
        source: the checkpoint.
        networks: the network, and its moving average where there is one.

    Returns:
        The source's card, and a line for each module of either side.

    Raises:
        MissingInput: the checkpoint has no weights.
        BadInput: its weights are damaged, or nothing matches.
    """
    card = checkpoint.load_card(source.folder)
    path = source.folder / checkpoint.MODEL
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the folder that `handseg train` wrote")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path}: damaged ({error}); copy it again") from error
    matches = match(tensors, networks[0].state_dict())
    taken = {found.module for found in matches if not found.why_not}
    if not taken:
        raise BadInput(
            f"{source.folder}: nothing of its {card.train.model.name} matches this network; "
            "start without it, or from a network of the same family and filters"
        )
    for network in networks:
        state = network.state_dict()
        with torch.no_grad():
            for name in state:
                if _module(name) in taken:
                    state[name].copy_(tensors[name])
    return card, matches


def match(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> list[Match]:
    """Compare tensors by name and shape, module by module; the target's order, then the rest."""
    ours, theirs = _by_module(target), _by_module(source)
    found = [
        Match(module, sum(t.numel() for t in tensors.values()), _why_not(tensors, theirs[module]))
        if module in theirs
        else Match(module, sum(t.numel() for t in tensors.values()), "not in the checkpoint")
        for module, tensors in ours.items()
    ]
    return found + [Match(m, 0, "not in this network") for m in theirs if m not in ours]


def _by_module(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    modules: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        modules.setdefault(_module(name), {})[name.rpartition(".")[2]] = tensor
    return modules


def _module(name: str) -> str:
    return name.rpartition(".")[0]


def _why_not(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> str:
    for name in {**ours, **theirs}:
        if name not in ours or name not in theirs:
            return f"{name} is in {'this network' if name in ours else 'the checkpoint'} alone"
        here, there = ours[name].shape, theirs[name].shape
        if here != there:
            shapes = ["x".join(map(str, shape)) for shape in (there, here)]
            return f"{name} is {shapes[0]} there and {shapes[1]} here"
    return ""


def report(card: Card, matches: list[Match]) -> list[str]:
    """The table of what was taken and what was not, with the reason, as lines."""
    parts: dict[str, list[Match]] = {}
    for found in matches:
        parts.setdefault(found.module.split(".")[0], []).append(found)
    lines = [f"weights of {card.name} ({card.train.model.name}):"]
    for part, modules in parts.items():
        taken = [m for m in modules if not m.why_not]
        values = sum(m.values for m in taken)
        lines.append(
            f"  {part:<24} {len(taken):>4} of {len(modules):>4} modules, {values:>11,} of "
            f"{sum(m.values for m in modules):>11,} values"
        )
    left = [m for m in matches if m.why_not]
    lines += [f"  not taken: {m.module}: {m.why_not}" for m in left[:_SHOWN]]
    return lines + ([f"  and {len(left) - _SHOWN} more"] if len(left) > _SHOWN else [])


def record(source: Source, card: Card, matches: list[Match], people: list[str]) -> WarmStart:
    """What the new member's card says of its start."""
    return WarmStart(
        member=card.name,
        checkpoint=source.content,
        values=sum(m.values for m in matches if not m.why_not),
        of_values=sum(m.values for m in matches),
        allow_seen=source.allow_seen,
        seen_and_held_out=people,
    )
