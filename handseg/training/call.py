"""How one call goes about a training, which may take several of them."""

import math
import time
from dataclasses import dataclass, field

from handseg.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked of a call; nothing of it says what is trained.

    Raises:
        BadInput: the limit is negative, or no number.
    """

    resume: bool = False
    """Only go on with what was begun."""
    allow_changes: bool = False
    """Go on with other settings than before, where that makes sense."""
    limit_minutes: float = 0.0
    """Minutes after which to save and end; 0 is no limit."""
    began: float = field(default_factory=time.monotonic)
    """When it began; by a clock that all processes of a machine share."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit_minutes) and self.limit_minutes >= 0):
            raise BadInput(f"limit_minutes is {self.limit_minutes}; give 0 (no limit) or more")

    @property
    def is_over(self) -> bool:
        """Whether its limit is reached."""
        return 0 < self.limit_minutes * 60 <= time.monotonic() - self.began
