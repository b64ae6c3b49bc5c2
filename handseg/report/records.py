"""What the run.json of each artifact says, in types."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from handseg.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """One stage that made one artifact."""

    artifact: str
    """Where a run's folder has it, as members/fold-0."""
    content: str
    """The artifact's content hash, 64 hex digits."""
    stage: str
    settings: Mapping[str, object]
    parents: Mapping[str, str]
    """Content hashes of what it was made from, by name."""
    commit: str
    versions: Mapping[str, str]
    device: str
    host: str
    started: datetime
    ended: datetime
    weights: Mapping[str, float]
    """Of a vote: the weight of each member, by name; empty for other stages."""
    choice: Mapping[str, object] | None = None
    """Of a vote: the choice that it followed, as choice.json has it."""

    @property
    def seconds(self) -> float:
        """Time it took; of its last process, where it was resumed."""
        return (self.ended - self.started).total_seconds()


def parse(record: Mapping[str, object], *, artifact: str, content: str) -> StageRun:
    """Read a record.

    Args:
        record: a run.json.
        artifact: the artifact's name.
        content: its content hash.

    Raises:
        BadInput: an entry is missing or of another form.
    """
    try:
        return StageRun(
            artifact=artifact,
            content=content,
            stage=str(record["stage"]),
            settings=_mapping(record["settings"]),
            parents={key: str(value) for key, value in _mapping(record["parents"]).items()},
            commit=str(record["commit"]),
            versions={key: str(value) for key, value in _mapping(record["versions"]).items()},
            device=str(record["device"]),
            host=str(record["host"]),
            started=datetime.fromisoformat(str(record["started"])),
            ended=datetime.fromisoformat(str(record["ended"])),
            weights=_weights(record.get("members", [])),
            choice=_mapping(record["choice"]) if "choice" in record else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"run.json of {artifact}: {error!r} is missing or wrong; make the artifact again"
        ) from error


def _weights(members: object) -> dict[str, float]:
    if not isinstance(members, list):
        raise TypeError(f"members are no list: {members!r}")
    found = [_mapping(member) for member in members]
    return {str(member["name"]): float(str(member["weight"])) for member in found}


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"no mapping: {value!r}")
    return value


def commits(runs: Iterable[StageRun]) -> list[str]:
    """The commits that took part, each once, in order of first appearance."""
    return list(dict.fromkeys(run.commit for run in runs))


def versions(runs: Iterable[StageRun]) -> dict[str, str]:
    """Version of each package, several where stages used several."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for package, version in run.versions.items():
            known = found.setdefault(package, [])
            if version not in known:
                known.append(version)
    return {package: ", ".join(known) for package, known in sorted(found.items())}


def raw_data(runs: Iterable[StageRun]) -> list[str]:
    """Hashes of the raw data that the stages read, each once; one where all read the same."""
    return list(dict.fromkeys(run.parents["data"] for run in runs if "data" in run.parents))
