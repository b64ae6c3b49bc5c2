"""What a listing of the data says of them: how many objects they are, and whether they changed."""

import hashlib
from dataclasses import dataclass

from handseg.errors import BadInput, MissingInput
from handseg.storage import s3_listing
from handseg.storage.location import parse

_READ = ("train/", "test/")
_DIGITS = 16


@dataclass(frozen=True)
class Data:
    """The objects that a run reads, by one listing and no download."""

    uri: str
    objects: dict[str, s3_listing.Listed]
    """Those under train/ and test/, by name."""

    @property
    def hash(self) -> str:
        """Text that changes with name, size or ETag of any of them.

        The same content put there in other parts, or by another store, may have other ETags: it is
        then computed again.

        Raises:
            BadInput: the store keeps no ETags, without which a change of content might not show.
        """
        total = hashlib.sha256()
        for name, found in sorted(self.objects.items()):
            if not found.etag:
                raise BadInput(f"{self.uri}/{name}: the store lists no ETag; give --data-hash")
            total.update(f"{name}\0{found.size}\0{found.etag}\n".encode())
        return total.hexdigest()[:_DIGITS]


def look(uri: str) -> Data:
    """List the data, with this machine's credentials.

    Args:
        uri: s3://bucket/prefix that holds train/.

    Raises:
        MissingInput: no such bucket, or nothing under train/.
        BadInput: access is denied, or the store cannot be reached.
    """
    found = {
        name: listed
        for name, listed in s3_listing.listing(parse(uri)).items()
        if name.startswith(_READ)
    }
    if not any(name.startswith("train/") for name in found):
        raise MissingInput(f"{uri}: nothing under train/; give the folder that holds train/")
    return Data(uri.rstrip("/"), found)
