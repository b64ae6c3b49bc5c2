"""What made an artifact: run.json in a folder, NAME.run.json beside a file."""

import dataclasses
import functools
import importlib.metadata
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handseg import durable
from handseg.errors import BadInput
from handseg.storage import artifact, sums
from handseg.storage.location import Location
from handseg.storage.sums import RUN_RECORD

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

COMMIT_VARIABLE = "HANDSEG_COMMIT"
"""Environment variable with the commit, set in images, where there is no checkout."""
_PACKAGES = (
    "handseg",
    "albumentations",
    "boto3",
    "kfp",
    "numpy",
    "onnxruntime",
    "opencv-python",
    "opencv-python-headless",
    "pyarrow",
    "safetensors",
    "scikit-learn",
    "torch",
)
_NO_ENTRY = "(none)"


def record(
    *,
    stage: str,
    settings: Mapping[str, object],
    parents: Mapping[str, str],
    started: datetime,
    device: str = "cpu",
    extra: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Describe a stage that has just ended; hosts and times stand only here.

    Args:
        stage: its name.
        settings: JSON-shaped; see `settings_dict`.
        parents: content hashes of what it read, by name.
        started: when it began, with a time zone.
        device: what it computed on.
        extra: further JSON-shaped entries.

    Returns:
        A JSON-shaped mapping.
    """
    return {
        "stage": stage,
        "settings": dict(settings),
        "parents": dict(parents),
        "commit": commit(),
        "versions": versions(),
        "command": command(sys.argv),
        "device": device,
        "host": socket.gethostname(),
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        **(extra or {}),
    }


def settings_dict(settings: "DataclassInstance") -> dict[str, object]:
    """A settings dataclass as a JSON-shaped mapping."""
    return dataclasses.asdict(settings)


@functools.cache
def commit() -> str:
    """The commit of the running code, 40 hex digits.

    From the checkout the package lies in, with "-dirty" where it was changed since; else from
    HANDSEG_COMMIT; else "unknown".
    """
    checkout = Path(__file__).parents[1]
    git = shutil.which("git")
    if git is not None and (checkout / ".git").exists():
        found = _git(git, checkout, "rev-parse", "HEAD")
        if found:
            changed = _git(git, checkout, "status", "--porcelain", "--untracked-files=no")
            return f"{found}-dirty" if changed else found
    return os.environ.get(COMMIT_VARIABLE) or "unknown"


def _git(git: str, checkout: Path, *arguments: str) -> str:
    done = subprocess.run([git, "-C", str(checkout), *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def versions() -> dict[str, str]:
    """Versions of Python and of those packages that are installed and can change a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def command(arguments: list[str]) -> str:
    """A command line as its program, subcommand and flags' names; never a value.

    Values stand in the settings, or are paths and secrets that do not belong in a record.
    """
    program, *rest = arguments or [""]
    words = [Path(program).name]
    if rest and not rest[0].startswith("-"):
        words.append(Path(rest[0]).name)
    return " ".join(words + [word.split("=", 1)[0] for word in rest if word.startswith("--")])


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
    differences = changes({key: found.get(key) for key in wanted}, json.loads(json.dumps(wanted)))
    if differences:
        lines = "".join(f"\n  {difference}" for difference in differences)
        raise BadInput(
            f"{out}: was made otherwise (then -> now):{lines}\ngive another --out, or remove it"
        )
    return True


def changes(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """List what differs between two JSON-shaped mappings, as `key.of.value: then -> now`."""
    before, after = _flat(then), _flat(now)
    return [
        f"{key}: {before.get(key, _NO_ENTRY)} -> {after.get(key, _NO_ENTRY)}"
        for key in sorted({*before, *after})
        if before.get(key, _NO_ENTRY) != after.get(key, _NO_ENTRY)
    ]


def _file(path: Path) -> Path:
    if path.name == RUN_RECORD or path.name.endswith(f".{RUN_RECORD}"):
        return path
    return artifact.record_path(path)


def parse(text: str, source: str) -> dict[str, object]:
    """Read the text of a record; `source` names it in errors.

    Raises:
        BadInput: it is damaged, or none.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadInput(
            f"{source}: damaged ({error}); remove the artifact and make it again"
        ) from error
    if not isinstance(value, dict):
        raise BadInput(f"{source}: no record of a run; remove the artifact and make it again")
    return value


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
