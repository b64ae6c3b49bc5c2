"""One fault found in data or in a submission; commands report all of them, never only the first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do about it."""

    path: str
    """The file or folder, with the line or the image and bone where that helps."""
    fault: str
    """What is wrong, in a few words."""
    value: str
    """The value found."""
    remedy: str
    """What to do."""
