"""What a command took on a quarter of the images and on all of them, and whether it may grow so."""

from dataclasses import dataclass

from tests.load.tree import Taken

MOST_GROWTH = 0.15
"""By which the peak of all images may exceed that of a quarter of them ..."""
ROOM_MB = 24.0
"""... and this besides: names, people and hashes of 7,500 images more, and what varies from run to
run of the same."""
MOST_SLOWER = 1.5
"""An image may take so many times the processor's time among all that it takes in a quarter."""
MORE_FILES = 8


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One command of one load."""

    load: str
    command: str
    images: tuple[int, int]
    """A quarter, and all."""
    taken: tuple[Taken, Taken]

    @property
    def growth(self) -> float:
        """Of the peak, as a part of that of a quarter."""
        quarter, whole = self.taken
        return whole.peak_mb / quarter.peak_mb - 1

    @property
    def slower(self) -> float:
        """The processor's time for an image among all, by that in a quarter."""
        (few, many), (quarter, whole) = self.images, self.taken
        return (whole.cpu_s / many) / (quarter.cpu_s / few)

    @property
    def faults(self) -> list[str]:
        """What is not as expected, each in a sentence."""
        (few, many), (quarter, whole) = self.images, self.taken
        between = f"{self.load}, {self.command}: from {few:,} images to {many:,}"
        found = []
        if whole.peak_mb > quarter.peak_mb * (1 + MOST_GROWTH) + ROOM_MB:
            found.append(
                f"{between} the peak grows from {quarter.peak_mb:.0f} to {whole.peak_mb:.0f} MB; "
                f"at most {MOST_GROWTH:.0%} and {ROOM_MB:.0f} MB are expected"
            )
        if self.slower > MOST_SLOWER:
            found.append(
                f"{between} an image takes {self.slower:.1f} times the processor's time; "
                f"at most {MOST_SLOWER} is expected"
            )
        if whole.files > quarter.files + MORE_FILES:
            found.append(
                f"{between} open files grow from {quarter.files} to {whole.files}; "
                f"at most {MORE_FILES} more are expected"
            )
        return found
