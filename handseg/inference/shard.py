"""One of several equal shares of the images, so that several machines do one stage's work."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from handseg.errors import BadInput

T = TypeVar("T")
WHOLE = "1/1"
"""All images."""
KEY = "shard"
"""Its key among the recorded settings, which hold it only where there are several."""
_TEXT = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)", re.ASCII)


@dataclass(frozen=True, order=True)
class Shard:
    """Share `number` of `count`, counted from 1."""

    count: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read I/N.

        Raises:
            BadInput: it is no such text, or I is over N.
        """
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) > int(match[2]):
            raise BadInput(f"shard is {text!r}; give I/N with I from 1 to N, such as 1/4")
        return cls(int(match[2]), int(match[1]))

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return f"{self.number}/{self.count}"

    def of(self, items: Sequence[T], *, block: int = 1) -> list[T]:
        """This share of items: neighbours, so that shards in order are the whole in order.

        Args:
            items: all of them, in the order of the whole.
            block: items dealt together. A network's batches are never cut: the last digits of a
                result may depend on what else is in its batch.

        Raises:
            BadInput: there are fewer blocks than shards.
        """
        if self.count == 1:
            return list(items)
        blocks = -(-len(items) // block)
        if blocks < self.count:
            raise BadInput(
                f"shard {self}: {len(items)} images in batches of {block} fill at most {blocks} "
                f"shards; give I/N with N up to {blocks}"
            )
        first, last = ((blocks * n // self.count) * block for n in (self.number - 1, self.number))
        return list(items[first:last])

    def recorded(self) -> dict[str, str]:
        """What provenance says of it; nothing of a whole, which is what merged shards become."""
        return {} if self.count == 1 else {KEY: str(self)}
