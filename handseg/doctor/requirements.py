"""What the installed handseg asks for, from its own metadata, and what is there of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.version import Version

from handseg.errors import MissingInput

PACKAGE = "handseg"
BASE = ""


@dataclass(frozen=True)
class Lack:
    """A requirement that is not met."""

    wanted: Requirement
    found: Version | None
    """None where the package is not there at all."""

    def __str__(self) -> str:
        """As a person reads it: torch is missing; albumentations is 2.0.7, not ==2.0.8."""
        name = self.wanted.name
        if self.found is None:
            return f"{name} is missing"
        return f"{name} is {self.found}, not {self.wanted.specifier}"


def of(extra: str) -> list[Requirement]:
    """The requirements of an extra alone, or of BASE.

    Raises:
        MissingInput: handseg is not installed.
    """
    return [wanted for wanted in _all() if _extra(wanted) == extra]


def lacks(extra: str) -> list[Lack]:
    """Those of an extra, or of BASE, that are not met."""
    found = [(wanted, installed(wanted.name)) for wanted in of(extra)]
    return [
        Lack(wanted, version)
        for wanted, version in found
        if version is None or not wanted.specifier.contains(version, prereleases=True)
    ]


def installed(name: str) -> Version | None:
    """The version of a package, without importing it; None where it is not there."""
    try:
        return Version(metadata.version(name))
    except metadata.PackageNotFoundError:
        return None


def pinned(name: str) -> str:
    """The one version that a requirement allows.

    Raises:
        MissingInput: handseg is not installed, or pins no such package.
    """
    for wanted in _all():
        for one in wanted.specifier:
            if wanted.name == name and one.operator == "==":
                return one.version
    raise MissingInput(f"{name}: no version is pinned; install handseg again")


def python() -> str:
    """The Python versions that handseg runs on, such as >=3.11.

    Raises:
        MissingInput: handseg is not installed.
    """
    wanted: list[str] = _metadata().get_all("Requires-Python") or [""]
    return wanted[0]


def _all() -> Iterator[Requirement]:
    yield from map(Requirement, _metadata().get_all("Requires-Dist") or [])


def _metadata() -> metadata.PackageMetadata:
    try:
        return metadata.metadata(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise MissingInput(
            "handseg: runs from a folder and is not installed; pip install it there"
        ) from error


def _extra(wanted: Requirement) -> str:
    """The extra that a requirement belongs to."""
    if wanted.marker is None or wanted.marker.evaluate({"extra": BASE}):
        return BASE
    extras = _metadata().get_all("Provides-Extra") or []
    return next((name for name in extras if wanted.marker.evaluate({"extra": name})), "none")
