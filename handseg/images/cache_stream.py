"""An image cache that lies elsewhere: images come one by one, while those before are in use."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from handseg import row_file
from handseg.ahead import in_order
from handseg.errors import BadInput, MissingInput, told
from handseg.images import cache_row
from handseg.images.cache_index import Entry, Index
from handseg.images.cache_row import CachedImage, Part
from handseg.row_file import Damaged

_AHEAD = 8
"""Images on their way at once; each takes its raw size of memory, 4 MB at 2048 x 2048."""
_ATTEMPTS = 2


class StreamedCache:
    """Reads single images; their CRC-32 is verified, and that they are the ones asked for."""

    def __init__(
        self, index: Index, read_range: Callable[[str, int, int], bytes], source: str
    ) -> None:
        """Open a cache.

        Args:
            index: where its images lie; verified by the caller.
            read_range: gives bytes of one of its files, from (name, offset, length); called in
                several threads at once.
            source: names the cache in errors.
        """
        self._index = index
        self._read_range = read_range
        self._source = source
        self._entries = {entry.name: entry for entry in index.entries}

    def names(self, part: Part) -> list[str]:
        """Image names of a part, in sorted path order."""
        return [entry.name for entry in self._index.entries if entry.part == part]

    def stream(self, names: Iterable[str]) -> Iterator[CachedImage]:
        """Read images in the order given, a few ahead of their use.

        Raises:
            MissingInput: the cache does not hold one.
            BadInput: one is damaged, read twice.
        """
        with ThreadPoolExecutor(_AHEAD, "handseg-stream") as pool:
            yield from in_order(pool, self.read, names, depth=_AHEAD)

    def read(self, name: str) -> CachedImage:
        """Read one image; see `stream`."""
        if name not in self._entries:
            raise MissingInput(f"{self._source}: holds no image {name}; make the cache again")
        entry = self._entries[name]
        for _ in range(_ATTEMPTS):
            content = self._read_range(f"{entry.part}.arrow", entry.offset, entry.length)
            try:
                row = _row(content, entry)
                return cache_row.unpack(row, entry.part, self._index.compression)
            except Damaged as error:
                damaged = error
        raise BadInput(
            f"{self._source}: image {name} is damaged, read {_ATTEMPTS} times ({damaged}); "
            "make the cache again"
        )


def _row(content: bytes, entry: Entry) -> pa.RecordBatch:
    """The row in a message, which is wholly what was written."""
    row_file.check_plain(content)
    try:
        message = pa.ipc.read_message(pa.py_buffer(content))
        row = row_file.checked(pa.ipc.read_record_batch(message, cache_row.SCHEMA))
    except (pa.ArrowException, OSError, EOFError) as error:
        raise Damaged(told(error)) from error
    cache_row.check_intact(row, entry.name, entry.person)
    return row
