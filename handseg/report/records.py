"""What the run.json of each artifact says, in types."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handseg import pseudonyms
from handseg.errors import BadInput
from handseg.report import usage
from handseg.report.usage import Usage
from handseg.settings_codec import from_dict


@dataclass(frozen=True, kw_only=True)
class Lap:
    """What a training had taken at one line of its history."""

    step: int
    seconds: float
    """Training time so far, over all resumptions."""
    data_wait: float | None = None
    """Part of the time since the lap before that was waited for images; None if not measured."""


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
    training_s: float | None = None
    """Of a training: what it took over all resumptions."""
    laps: Sequence[Lap] = ()
    """Of a training: one for each line of its member's history."""
    member: str = ""
    """Whose it is; empty where it is no member's."""
    usage: Usage = field(default_factory=Usage)
    """Its memory."""

    @property
    def seconds(self) -> float:
        """Time it took, over all resumptions."""
        if self.training_s is not None:
            return self.training_s
        return (self.ended - self.started).total_seconds()

    @property
    def data_wait(self) -> float | None:
        """Part of a training that was waited for images, in [0, 1]; None if not measured."""
        before = [0.0, *(lap.seconds for lap in self.laps)]
        measured = [
            (lap.seconds - start, lap.data_wait)
            for start, lap in zip(before, self.laps, strict=False)
            if lap.data_wait is not None
        ]
        total = sum(seconds for seconds, _ in measured)
        return sum(seconds * part for seconds, part in measured) / total if total > 0 else None


def parse(
    record: Mapping[str, object], *, artifact: str, content: str, member: str = ""
) -> StageRun:
    """Read a record.

    Args:
        record: a run.json.
        artifact: the artifact's name.
        content: its content hash.
        member: whose it is.

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
            training_s=float(str(record["seconds"])) if "seconds" in record else None,
            laps=_laps(record.get("laps", [])),
            member=member,
            usage=usage.parse(record),
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


def _laps(laps: object) -> list[Lap]:
    if not isinstance(laps, list):
        raise TypeError(f"laps are no list: {laps!r}")
    return [from_dict(Lap, _mapping(lap), where="laps") for lap in laps]


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


def person_key(runs: Iterable[StageRun]) -> str:
    """Fingerprint of the key whose hashes people are called by; empty if by their own ids."""
    found = (run.parents.get(pseudonyms.RECORDED) for run in runs)
    return next(filter(None, found), "")


def raw_data(runs: Iterable[StageRun]) -> list[str]:
    """Hashes of the raw data that the stages read, each once; one where all read the same."""
    return list(dict.fromkeys(run.parents["data"] for run in runs if "data" in run.parents))
