"""How probabilities become masks once the weights are known."""

from dataclasses import dataclass
from typing import Literal

from handseg import bones
from handseg.errors import BadInput
from handseg.settings import EnsembleSettings

Voting = Literal["soft", "hard"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The part of a vote that is the same for every image."""

    thresholds: tuple[float, ...]
    """Of each bone, in (0, 1]: of the mean probability (soft), or of each member's own (hard)."""
    voting: Voting = "soft"
    largest_component: bool = False

    @classmethod
    def of(cls, settings: EnsembleSettings) -> "Rule":
        """What the settings say.

        Raises:
            BadInput: there are thresholds, and not one for each bone.
        """
        if len(settings.thresholds) not in (0, bones.COUNT):
            raise BadInput(
                f"thresholds must be {bones.COUNT} or none, got {len(settings.thresholds)}"
            )
        return cls(
            thresholds=tuple(settings.thresholds) or (settings.threshold,) * bones.COUNT,
            voting=settings.voting,
            largest_component=settings.largest_component,
        )

    @classmethod
    def at(cls, threshold: float) -> "Rule":
        """Soft voting with one threshold for every bone."""
        return cls(thresholds=(threshold,) * bones.COUNT)
