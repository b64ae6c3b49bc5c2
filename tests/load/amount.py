"""How much is made for a load, and where it lies."""

from dataclasses import dataclass, replace

QUARTER = 4
"""The whole is compared with a part of it as small as one in so many."""
_BYTES_OF_A_PIXEL = 2.0
"""PNG, uncompressed cache and stores together, with room to spare: 1.6 were measured at 2048."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A data set by its numbers; each person has two images."""

    name: str
    """Of the load, such as large."""
    people: int
    """Of the train part."""
    test_people: int
    size_px: int
    """Side of the square images."""
    folds: int = 2
    """One is held out, and scored."""

    @property
    def images(self) -> int:
        """Of both parts."""
        return 2 * (self.people + self.test_people)

    @property
    def quarter(self) -> "Amount":
        """The same with a quarter of the people."""
        return replace(self, people=self.people // QUARTER, test_people=self.test_people // QUARTER)

    @property
    def disk_bytes(self) -> int:
        """What the data and a run on them take, reckoned."""
        return int(self.images * self.size_px**2 * _BYTES_OF_A_PIXEL)


LOADS = {
    # The competition's numbers: 800 training images of 400 people, 288 test images.
    "large": Amount(name="large", people=400, test_people=144, size_px=2048),
    "many": Amount(name="many", people=4000, test_people=1000, size_px=96),
}
