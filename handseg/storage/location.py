"""Where an artifact lies: a local path or s3://bucket/prefix, and nothing else."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from handseg.errors import BadInput, shown, told

S3 = "s3://"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What S3 allows, which forbids names like an IP address; shorter names are left to the store.
_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Location:
    """A file or folder, local or remote.

    Raises:
        BadInput: another scheme than s3://, a control character in it, no bucket's name, or a key
            with an empty part or `..` in it. A local path may lead anywhere its user may go.
    """

    uri: str
    """As given, without slashes at its end."""

    def __post_init__(self) -> None:
        if not self.uri or _CONTROL.search(self.uri):
            raise BadInput(
                f"{shown(self.uri)}: not a path or URI; give a local path or s3://bucket/prefix"
            )
        # A frozen dataclass can only be normalised this way.
        start = S3 if self.is_remote else self.uri[:1]
        object.__setattr__(self, "uri", start + self.uri[len(start) :].rstrip("/"))
        if self.is_remote:
            _check_remote(self.uri)
        elif _SCHEME.match(self.uri):
            raise BadInput(
                f"{told(self.uri)}: only local paths and s3://bucket/prefix are read and written"
            )

    @property
    def is_remote(self) -> bool:
        """Whether it lies in an object store."""
        return self.uri.startswith(S3)

    @property
    def path(self) -> Path:
        """The local path.

        Raises:
            BadInput: it is remote.
        """
        if self.is_remote:
            raise BadInput(f"{told(self.uri)}: a local path is needed here")
        return Path(self.uri)

    @property
    def name(self) -> str:
        """The last part: a file's or folder's name."""
        return self.uri.rsplit("/", 1)[-1] if self.is_remote else self.path.absolute().name

    def child(self, name: str) -> "Location":
        """Something inside this folder; `name` may have several parts."""
        return Location(f"{self.uri.rstrip('/')}/{check_relative(name)}")

    def sibling(self, name: str) -> "Location":
        """Something beside this one."""
        if not self.is_remote:
            return Location(str(self.path.parent / check_relative(name)))
        parent = self.uri.rsplit("/", 1)[0]
        if parent == S3[:-1]:
            raise BadInput(
                f"{told(self.uri)}: nothing lies beside a bucket; give a prefix inside it"
            )
        return Location(f"{parent}/{check_relative(name)}")

    def __str__(self) -> str:
        return self.uri


def parse(text: str | os.PathLike[str]) -> Location:
    """Read a location as a user types it.

    Raises:
        BadInput: see `Location`.
    """
    return Location(os.fspath(text))


def check_relative(name: str) -> str:
    """Return a name that cannot lead out of its folder.

    Raises:
        BadInput: it is absolute, empty, or has an empty part, `.`, `..`, a backslash or a control
            character in it.
    """
    parts = name.split("/")
    if _CONTROL.search(name) or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise BadInput(
            f"{shown(name)}: refused as a name; use plain names without '..' or empty parts"
        )
    return name


def _check_remote(uri: str) -> None:
    bucket, *keys = uri.removeprefix(S3).split("/")
    if not _BUCKET.fullmatch(bucket):
        raise BadInput(f"{told(uri)}: {shown(bucket)} is no bucket's name; give s3://bucket/prefix")
    if keys:
        check_relative("/".join(keys))
