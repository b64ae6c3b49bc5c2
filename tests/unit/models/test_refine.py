"""The refinement starts as the identity, and keeps classes apart."""

import torch

from handseg.models.refine import Refine


def _logits(classes: int) -> torch.Tensor:
    return torch.randn(2, classes, 7, 9, generator=torch.Generator().manual_seed(0))


def test_refinement_starts_as_the_identity() -> None:
    logits = _logits(5)
    assert torch.equal(Refine(5)(logits), logits)


def test_second_channel_learns_from_the_first_step() -> None:
    refine = Refine(3)
    torch.autograd.backward((refine(_logits(3)) ** 2).sum())
    assert refine.merge.weight.grad is not None
    assert (refine.merge.weight.grad[:, 1].abs().sum((1, 2)) > 0).all()


def test_a_class_depends_on_itself_alone() -> None:
    torch.manual_seed(0)
    refine = Refine(4)
    torch.nn.init.normal_(refine.merge.weight)
    logits = _logits(4)
    changed = logits.clone()
    changed[:, 2] += 1
    difference = (refine(changed) - refine(logits)).abs().amax((0, 2, 3))
    assert (difference > 0).tolist() == [False, False, True, False]


def test_refinement_and_its_gradient_are_those_of_two_grouped_convolutions() -> None:
    torch.manual_seed(0)
    refine = Refine(4).double()
    logits = _logits(4).double().requires_grad_()
    for parameter in refine.parameters():
        torch.nn.init.normal_(parameter)
    found, expected = refine(logits), refine.merge(refine.widen(logits))
    torch.testing.assert_close(found, expected)
    leaves = [logits, *refine.parameters()]
    torch.testing.assert_close(
        torch.autograd.grad((found**2).sum(), leaves),
        torch.autograd.grad((expected**2).sum(), leaves),
    )
