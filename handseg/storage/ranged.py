"""A folder under s3:// of which files are read in parts, and those that are small whole."""

from dataclasses import dataclass

from handseg.errors import BadInput, MissingInput
from handseg.storage import remote, s3, sums
from handseg.storage.location import Location


@dataclass(frozen=True)
class Ranged:
    """An artifact that stays where it is.

    A file read whole is verified by its SHA-256; a part of one is not, and its reader must be able
    to tell whether it is intact.
    """

    location: Location
    sums: dict[str, str]
    """SHA-256 of each file by name, as they stood when it was opened."""

    @property
    def content_hash(self) -> str:
        """What the artifact holds, by its sums; see `sums.content_hash`."""
        return sums.folder_hash(self.sums)

    def read(self, name: str) -> str:
        """Read a small file.

        Raises:
            BadInput: it differs from its SHA-256; see `s3.read_text`, too.
            MissingInput: it is not there.
        """
        place = self.location.child(name)
        if name not in self.sums:
            raise MissingInput(f"{place}: not found; make {self.location} again")
        text = s3.read_text(place)
        if sums.text_sha256(text) != self.sums[name]:
            raise BadInput(f"{place}: does not match its SHA-256; make it again")
        return text

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Read a part of a file; see `s3.read_range`."""
        return s3.read_range(self.location.child(name), offset, length)


def open_folder(location: Location) -> Ranged | None:
    """Open a folder's artifact under s3://; None where the location is local.

    Raises:
        MissingInput: no complete folder is there.
    """
    if not location.is_remote:
        return None
    sums_object = location.child(sums.FOLDER_SUMS)
    if not s3.has(sums_object):
        raise MissingInput(f"{location}: {remote.absence(location)}")
    _, found = remote.read_sums(sums_object)
    return Ranged(location, found)
