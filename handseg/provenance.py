"""What made an artifact: run.json in a folder, NAME.run.json beside a file."""

import dataclasses
import json
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handseg import differences, durable, plain_text, program
from handseg.errors import BadInput
from handseg.peak_memory import Watch
from handseg.storage import artifact, sums
from handseg.storage.location import Location
from handseg.storage.sums import RUN_RECORD, text_sha256

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an artifact goes back to, through all that it was made from."""

    data: tuple[str, ...]
    """Hashes of the raw data; several where what was made from several came together."""
    folds: tuple[str, ...] = ()
    """Content hashes of the fold tables; none where no fold table had a part in it."""

    @classmethod
    def of(cls, paths: Iterable[Path]) -> "Origin":
        """What artifacts go back to, as their records say; "unknown" where one has no record.

        Raises:
            BadInput: a record is damaged.
        """
        data: set[str] = set()
        folds: set[str] = set()
        for path in paths:
            found = read(path) if _file(path).is_file() else {}
            data.update(_texts(found.get("data")))
            folds.update(_texts(found.get("folds")))
        return cls(data=tuple(sorted(data)), folds=tuple(sorted(folds)))


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else [UNKNOWN]


@dataclass(frozen=True, kw_only=True)
class Start:
    """When a stage began, and its watch over this process's memory since."""

    at: datetime
    watch: Watch

    @classmethod
    def now(cls) -> "Start":
        """What a stage does first."""
        return cls(at=datetime.now(UTC), watch=Watch.begin())


def record(
    *,
    stage: str,
    settings: Mapping[str, object],
    parents: Mapping[str, str],
    origin: Origin,
    started: datetime | Start,
    device: str = "cpu",
    extra: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Describe a stage that has just ended; hosts and times stand only here.

    Args:
        stage: its name.
        settings: JSON-shaped; see `settings_dict`. Its `seed`, where it has one, is the record's.
        parents: content hashes of what it read, by name.
        origin: the raw data and the fold table behind them.
        started: when it began, with a time zone; of a `Start` the memory is recorded as well.
        device: what it computed on.
        extra: further JSON-shaped entries.

    Returns:
        A JSON-shaped mapping.
    """
    # Before anything else is called, which may begin processes of its own.
    memory = {"memory": started.watch.record()} if isinstance(started, Start) else {}
    began = started.at if isinstance(started, Start) else started
    return {
        "stage": stage,
        "settings": dict(settings),
        "settings_hash": settings_hash(settings),
        **({"seed": settings["seed"]} if "seed" in settings else {}),
        "parents": dict(parents),
        "data": list(origin.data),
        "folds": list(origin.folds),
        "commit": program.commit(),
        "image": program.image(),
        "versions": program.versions(),
        "command": program.command(sys.argv),
        "device": device,
        "host": socket.gethostname(),
        "started": began.isoformat(timespec="milliseconds"),
        "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
        **memory,
        **(extra or {}),
    }


def settings_dict(settings: "DataclassInstance") -> dict[str, object]:
    """A settings dataclass as a JSON-shaped mapping."""
    return dataclasses.asdict(settings)


def settings_hash(settings: Mapping[str, object]) -> str:
    """SHA-256 of JSON-shaped settings, as 64 hex digits.

    That of their JSON with sorted keys and without blanks.
    """
    return text_sha256(json.dumps(settings, sort_keys=True, separators=(",", ":")))


def write(path: Path, record: Mapping[str, object]) -> None:
    """Write a record whole.

    Args:
        path: the artifact (a folder, or a file that may still be missing), inside the `writing`
            block that fills it; or the very run.json.
        record: what `record` returned.
    """
    text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False) + "\n"
    durable.write_text(_file(path), text)


def read(path: Path) -> dict[str, object]:
    """Read what `write` wrote, by the same path.

    Raises:
        BadInput: there is none, or it is damaged.
    """
    file = _file(path)
    if not file.is_file():
        raise BadInput(f"{file}: not found; {path} was not made by handseg")
    return parse(sums.read_text(file), str(file))


def parents_of(place: Location) -> dict[str, object] | None:
    """What the record of an artifact names as its parents.

    Returns:
        None where there is no artifact, or none that a stage made.

    Raises:
        BadInput: the record is damaged.
    """
    text = artifact.read_record(place) if artifact.exists(place) else None
    if text is None:
        return None
    parents = parse(text, f"provenance of {place}").get("parents")
    return dict(parents) if isinstance(parents, dict) else {}


def is_done(
    out: Location, *, stage: str, settings: Mapping[str, object], parents: Mapping[str, str]
) -> bool:
    """Whether a stage's artifact is complete and was made from the same settings and parents.

    If it is, what a killed writer left beside it is removed, as no other will come.

    Returns:
        False where nothing is there yet.

    Raises:
        BadInput: it was made otherwise; the message lists every difference.
    """
    if not artifact.exists(out):
        return False
    text = artifact.read_record(out)
    if text is None:
        raise BadInput(f"{out}: was not made by handseg; give another --out, or remove it")
    found = parse(text, f"provenance of {out}")
    wanted = {"stage": stage, "settings": dict(settings), "parents": dict(parents)}
    changes = differences.between(
        {key: found.get(key) for key in wanted}, json.loads(json.dumps(wanted))
    )
    if changes:
        lines = "".join(f"\n  {change}" for change in changes)
        raise BadInput(
            f"{out}: was made otherwise (then -> now):{lines}\ngive another --out, or remove it"
        )
    artifact.tidy(out)
    return True


def _file(path: Path) -> Path:
    if path.name == RUN_RECORD or path.name.endswith(f".{RUN_RECORD}"):
        return path
    return artifact.record_path(path)


def parse(text: str, source: str) -> dict[str, object]:
    """Read the text of a record; `source` names it in errors.

    Raises:
        BadInput: it is damaged, or none.
    """
    remedy = "remove the artifact and make it again"
    value = plain_text.json_of(text, source, remedy=remedy)
    if not isinstance(value, dict):
        raise BadInput(f"{source}: no record of a run; {remedy}")
    return value
