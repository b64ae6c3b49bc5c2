"""Shards of a store or of a CSV become the very artifact that one process would have written."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from handseg import differences, provenance
from handseg.ensemble import submission
from handseg.errors import BadInput
from handseg.inference import joining
from handseg.inference.shard import KEY, Shard
from handseg.provenance import Origin, Start
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)

_STAGES = ("infer", "ensemble")
_ALIKE = ("stage", "settings", "parents", "commit", "device")
_Record = Mapping[str, object]


def merge(*, shards: list[Location], out: Location) -> None:
    """Join the shards of a probability store, or of a CSV of masks.

    The result has the bytes, settings and parents of what `infer` or `ensemble` would have written
    without --shard, so that every later stage takes it for that. Complete, it does nothing.

    Args:
        shards: All N stores of `infer --shard I/N`, or all N CSVs of `ensemble --shard I/N`, in
            any order.
        out: Probability store or CSV to write.

    Raises:
        BadInput: one is no shard, is missing, is there twice, or was made otherwise than another.
        MissingInput: a path does not exist.
    """
    started = Start.now()
    artifact.require_writable(out)
    if not shards:
        raise BadInput("shards: none given; give all that `infer` or `ensemble` wrote")
    with ExitStack() as stack:
        paths = [stack.enter_context(artifact.reading(place, verify=True)) for place in shards]
        found = [(_shard(path), path) for path in paths]
        found.sort(key=lambda pair: pair[0])
        ordered = [path for _, path in found]
        _check_complete([shard for shard, _ in found])
        whole = _whole(ordered)
        stage, settings, parents = str(whole["stage"]), _mapping(whole, "settings"), _texts(whole)
        if provenance.is_done(out, stage=stage, settings=settings, parents=parents):
            logger.info("%s is complete: nothing to merge", out)
            return
        with artifact.writing(out, folder=stage == "infer") as target:
            if stage == "infer":
                joining.join(ordered, target)
            else:
                _join_rows(ordered, target)
            record = provenance.record(
                stage=stage,
                settings=settings,
                parents=parents,
                origin=Origin.of(ordered),
                started=started,
                device=str(whole["device"]),
                extra={
                    **{key: whole[key] for key in ("members", "choice") if key in whole},
                    "shards": [artifact.content_hash(path) for path in ordered],
                },
            )
            provenance.write(target, record)
    logger.info("%d shards merged: %s", len(shards), out)


def _shard(path: Path) -> Shard:
    """Which share an artifact is, as its record says."""
    record = provenance.read(path)
    text = _mapping(record, "settings").get(KEY)
    if record.get("stage") not in _STAGES or not isinstance(text, str):
        raise BadInput(
            f"{path}: is no shard; give what `infer --shard I/N` or `ensemble --shard I/N` wrote"
        )
    return Shard.parse(text)


def _check_complete(found: Sequence[Shard]) -> None:
    wanted = [Shard(found[0].count, number + 1) for number in range(found[0].count)]
    if list(found) != wanted:
        raise BadInput(
            f"shards: given are {', '.join(map(str, found))}; "
            f"give each of {', '.join(map(str, wanted))} once"
        )


def _whole(paths: Sequence[Path]) -> dict[str, object]:
    """The record that all shards share, without the shard."""
    wholes = []
    for path in paths:
        record = provenance.read(path)
        settings = {k: v for k, v in _mapping(record, "settings").items() if k != KEY}
        wholes.append({**record, "settings": settings})
    alike = [{key: whole.get(key) for key in _ALIKE} for whole in wholes]
    for path, other in zip(paths, alike, strict=True):
        changes = differences.between(alike[0], other)
        if changes:
            lines = "".join(f"\n  {line}" for line in changes)
            raise BadInput(
                f"{path}: was made otherwise than {paths[0]}:{lines}\nmake every shard alike"
            )
    return wholes[0]


def _mapping(record: _Record, key: str) -> dict[str, object]:
    value = record.get(key)
    return dict(value) if isinstance(value, Mapping) else {}


def _texts(record: _Record) -> dict[str, str]:
    return {name: str(value) for name, value in _mapping(record, "parents").items()}


def _join_rows(paths: Sequence[Path], target: Path) -> None:
    """Append CSVs, of which one header stays; they can be larger than memory."""
    header = f"{submission.HEADER}\n".encode()
    with target.open("wb") as out:
        out.write(header)
        for path in paths:
            with path.open("rb") as rows:
                if rows.readline() != header:
                    raise BadInput(f"{path}:1: wrong header; make this shard again")
                shutil.copyfileobj(rows, out)
