"""The training loss in the card: its mean over each of a few hundred stretches of the training."""

from dataclasses import dataclass, field, replace

MOST = 200
"""Stretches: a curve's worth of points, and little to carry in every saved state."""


@dataclass(frozen=True, kw_only=True)
class LossPoint:
    """One stretch of a training."""

    step: int
    """Its last."""
    epoch: float
    """Passes over the training images by then."""
    loss: float
    """Mean over its steps."""


@dataclass(frozen=True, kw_only=True)
class LossCurve:
    """All stretches up to a step, and what is summed up for the one that it lies in."""

    points: list[LossPoint] = field(default_factory=list)
    loss_sum: float = 0.0
    loss_count: int = 0

    def after(self, loss: float, *, step: int, total: int, epoch: float) -> "LossCurve":
        """The curve after one more step.

        Args:
            loss: of the step.
            step: how many there have been, this one included.
            total: how many there are to be.
            epoch: passes over the training images by then.
        """
        loss_sum, loss_count = self.loss_sum + loss, self.loss_count + 1
        if step % -(-total // MOST) and step != total:
            return replace(self, loss_sum=loss_sum, loss_count=loss_count)
        point = LossPoint(step=step, epoch=epoch, loss=round(loss_sum / loss_count, 6))
        return LossCurve(points=[*self.points, point])
