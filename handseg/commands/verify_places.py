"""Where artifacts lie: in a folder at any depth, or as that folder or file itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handseg.errors import BadInput, MissingInput
from handseg.storage import artifact
from handseg.storage.location import Location
from handseg.storage.sums import FILE_SUFFIX, FOLDER_SUMS, RUN_RECORD

# What is written beside an artifact until it is whole, and a training's state.
_WORKING = re.compile(r"\..*|.+\.(partial|resume)")


@dataclass(frozen=True, kw_only=True)
class Found:
    """An artifact."""

    location: Location
    name: str
    """Relative to the folder that was looked at; its own where it is that itself."""
    is_folder: bool
    files: frozenset[str] = frozenset()
    """Everything in it, where it is a folder, relative to it."""

    @property
    def sums(self) -> str:
        """Path or URI of its sums."""
        return self.beside(FILE_SUFFIX, inside=FOLDER_SUMS)

    @property
    def record(self) -> str:
        """Path or URI of its run.json; a run's record is that itself."""
        if not self.is_folder and self.location.name == RUN_RECORD:
            return self.location.uri
        return self.beside(f".{RUN_RECORD}", inside=RUN_RECORD)

    def beside(self, ending: str, *, inside: str) -> str:
        """Path or URI of what stands beside a file, or inside a folder."""
        return f"{self.location}/{inside}" if self.is_folder else f"{self.location}{ending}"

    def path_of(self, file: str) -> str:
        """Path or URI of one of the files that its sums name."""
        place = self.location
        return str(place.child(file) if self.is_folder else place.sibling(file))


def find(place: Location) -> list[Found]:
    """List the artifacts at a place.

    What is still being written is passed over, as is what has neither sums nor a record.

    Raises:
        MissingInput: there is no such place.
        BadInput: no artifact is there.
    """
    names = artifact.files(place)
    if not names:
        if not artifact.exists(place):
            raise MissingInput(f"{place}: not found; give the folder of a run, or one artifact")
        return [Found(location=place, name=place.name, is_folder=False)]
    if _is_artifact(names):
        return [Found(location=place, name=place.name, is_folder=True, files=frozenset(names))]
    seen = [name for name in names if not any(map(_WORKING.fullmatch, name.split("/")))]
    folders = _folders(seen)
    found = [
        Found(location=place.child(name), name=name, is_folder=True, files=_within(name, names))
        for name in folders
    ]
    loose = {name for name in seen if not any(name.startswith(f"{folder}/") for folder in folders)}
    found += [
        Found(location=place.child(name), name=name, is_folder=False) for name in _files(loose)
    ]
    if not found:
        raise BadInput(f"{place}: holds nothing that handseg made; give the folder of a run")
    return found


def _folders(names: list[str]) -> list[str]:
    """The outermost folders that are artifacts."""
    parents = {name.rpartition("/")[0] for name in names if "/" in name}
    found: list[str] = []
    for folder in sorted(parents, key=lambda name: (name.count("/"), name)):
        inside = any(folder.startswith(f"{outer}/") for outer in found)
        if not inside and _is_artifact(_within(folder, names)):
            found.append(folder)
    return found


def _within(folder: str, names: Iterable[str]) -> frozenset[str]:
    start = f"{folder}/"
    return frozenset(name.removeprefix(start) for name in names if name.startswith(start))


def _is_artifact(names: Iterable[str]) -> bool:
    """Whether these are the files of one folder's artifact, whose sums may have been lost."""
    here = {name for name in names if "/" not in name}
    if FOLDER_SUMS in here:
        return True
    others = any(name.endswith((FILE_SUFFIX, f"/{FOLDER_SUMS}")) for name in names)
    return RUN_RECORD in here and not others


def _files(names: set[str]) -> list[str]:
    """Names of files that sums or a record belong to, or that are a run's record themselves."""
    ends = (FILE_SUFFIX, f".{RUN_RECORD}")
    found = {name.removesuffix(end) for end in ends for name in names if name.endswith(end)}
    return sorted(found | {name for name in names if name.rpartition("/")[2] == RUN_RECORD})
