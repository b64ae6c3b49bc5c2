"""A step draws nothing from outside: what the seed decides repeats after a resumption."""

import pytest
import torch

from handseg.errors import NonFiniteLoss
from handseg.settings import TrainSettings
from handseg.training.data import Batch
from handseg.training.trainer import Trainer
from tests.smallest import smallest

SETTINGS = TrainSettings(model=smallest("fcn_resnet101"), seed=3)
BATCH = Batch(
    names=["a.png", "b.png"],
    images=torch.arange(2 * 64 * 64).remainder(256).to(torch.uint8).view(2, 64, 64),
    target=torch.zeros(2, 64, 64, dtype=torch.int32),
)


def _trainer() -> Trainer:
    return Trainer(SETTINGS, device=torch.device("cpu"), dtype=torch.float32, prior=[0.1] * 29)


def test_dropout_repeats_in_a_resumed_training() -> None:
    whole = _trainer()
    whole.step(BATCH, 1e-3)
    halfway = {name: tensor.clone() for name, tensor in whole.tensors().items()}
    resumed = _trainer()
    resumed.load(halfway)
    torch.rand(5)
    assert whole.step(BATCH, 1e-3) == resumed.step(BATCH, 1e-3)


def test_dropout_differs_from_step_to_step() -> None:
    trainer = _trainer()
    losses = {trainer.step(BATCH, 0.0) for _ in range(3)}
    assert len(losses) == 3


def test_a_step_leaves_the_global_generator_as_it_was() -> None:
    trainer = _trainer()
    before = torch.get_rng_state()
    trainer.step(BATCH, 1e-3)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loss_that_is_not_finite_changes_no_weight_and_names_the_images() -> None:
    settings = TrainSettings(model=smallest("unet"), ema=0.5)
    trainer = Trainer(settings, device=torch.device("cpu"), dtype=torch.float32, prior=[0.1] * 29)
    trainer.step(BATCH, 1e-3)
    head = trainer.network.heads()[0]
    with torch.no_grad():
        head.weight[0] = torch.inf
    before = {name: tensor.clone() for name, tensor in trainer.tensors().items()}
    with pytest.raises(NonFiniteLoss, match=r"the loss is (nan|inf) on a\.png, b\.png; lower"):
        trainer.step(BATCH, 1e-3)
    for name, tensor in trainer.tensors().items():
        # Batch normalisation has seen the batch; it has learned nothing from it.
        if "running" not in name and "batches" not in name:
            assert torch.equal(tensor, before[name]), name
