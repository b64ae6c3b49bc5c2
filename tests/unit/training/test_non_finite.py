import pytest
import torch

from handseg.errors import BadInput, NonFiniteLoss
from handseg.inference.tail import NonFiniteLogits
from handseg.training import non_finite

CPU = torch.device("cpu")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_names_its_images(value: float) -> None:
    with pytest.raises(NonFiniteLoss, match=f"the loss is {value} on a.png, b.png; lower learning"):
        non_finite.refuse_loss(value, ["a.png", "b.png"], CPU)


def test_a_finite_loss_passes() -> None:
    non_finite.refuse_loss(3.0, ["a.png"], CPU)


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_weights_that_are_not_finite_are_not_kept(value: float) -> None:
    tensors = {"count": torch.tensor(1), "head.weight": torch.tensor([1.0, value])}
    with pytest.raises(NonFiniteLoss, match=r"head.weight is not finite after the step on a.png;"):
        non_finite.refuse_tensors(tensors, ["a.png"])
    non_finite.refuse_tensors({"count": torch.tensor(1)}, [])


def test_logits_that_are_not_finite_end_a_training_as_its_loss_would() -> None:
    said = r"held.png: logits of finger-1 are not finite after the step on a.png; lower learning"
    with pytest.raises(NonFiniteLoss, match=said), non_finite.explaining(["a.png"]):
        raise NonFiniteLogits("held.png: logits of finger-1 are not finite; train it again")
    resumed = "are not finite after the step that was resumed from; lower"
    with pytest.raises(NonFiniteLoss, match=resumed), non_finite.explaining([]):
        raise NonFiniteLogits("held.png: logits of finger-1 are not finite; train it again")
    with pytest.raises(BadInput, match="else"), non_finite.explaining(["a.png"]):
        raise BadInput("else")
