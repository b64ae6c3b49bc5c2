"""The network, its optimiser and its moving average: one step forward, and all of it as tensors."""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from handseg import bones
from handseg.images import normalise
from handseg.inference import compiled
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.settings import TrainSettings
from handseg.training import distributed, losses, memory, non_finite, resume, schedule
from handseg.training.data import Batch
from handseg.training.reading import Reading


class Trainer:
    """What changes from step to step."""

    def __init__(
        self,
        settings: TrainSettings,
        *,
        device: torch.device,
        dtype: torch.dtype,
        prior: list[float],
    ) -> None:
        """Build network and optimiser.

        Args:
            settings: of the training; the seed decides the initial weights.
            device: where to train.
            dtype: bfloat16 for mixed precision, else float32.
            prior: each class's share of the training pixels.

        Raises:
            BadInput: the network cannot be built so, head_weights are not one for each head, or
                torch.compile is asked for and does not work.
            OutOfGpuMemory: names the network.
        """
        self._settings = settings
        self._device = device
        self._dtype = dtype
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.network: Network = catalogue.build(settings.model)
        losses.check_weights(settings.head_weights, len(self.network.heads()))
        if settings.prior_bias:
            _start_at_prior(self.network, prior)
        with memory.explaining(settings.model.name):
            self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            self._average = copy.deepcopy(self.network).eval() if settings.ema else None
        self._parallel: nn.Module = distributed.wrap(self.network, device)
        if settings.compile:
            compiled.require(device)
            sizes, _ = schedule.phases(settings)
            self._parallel = compiled.module(self._parallel, shapes=len(sizes))
        self._optimizer = torch.optim.Adam(
            self.network.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            foreach=True,
        )
        self._updates = 0
        self.last_images: list[str] = []
        """Names of those of the last step; none yet where it was before a resumption."""

    @property
    def best_network(self) -> Network:
        """The moving average where there is one, else the network itself."""
        return self.network if self._average is None else self._average

    def step(self, batch: Batch, rate: float) -> float:
        """Take one optimiser step and return its loss.

        Raises:
            NonFiniteLoss: names the batch's images; the weights are as they were.
            OutOfGpuMemory: names batch and size.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._parallel.train()
        size, target = tuple(batch.images.shape), tuple(batch.target.shape)
        with memory.explaining(f"a batch of {size} with targets {target}"), self._draws():
            loss = self._loss(batch)
            reading = Reading(loss.detach())
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            # Read when the backward pass is on its way: a GPU has work while this process waits
            # for the loss, and no weight has changed yet.
            value = reading.value()
            non_finite.refuse_loss(value, batch.names, self._device)
            self._optimizer.step()
        self._follow()
        self.last_images = batch.names
        return value

    @contextmanager
    def _draws(self) -> Iterator[None]:
        """Let dropout draw by seed, step and process, so that a resumed training repeats."""
        numbers = (self._settings.seed, self._updates, distributed.rank())
        (seed,) = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
        with torch.random.fork_rng([self._device] if self._device.type == "cuda" else []):
            torch.manual_seed(int(seed))
            yield

    def _loss(self, batch: Batch) -> Tensor:
        images = normalise.to_tensor(batch.images.to(self._device, non_blocking=True))
        target = batch.target.to(self._device, non_blocking=True)
        with torch.autocast(self._device.type, torch.bfloat16, self._dtype == torch.bfloat16):
            outputs = self._parallel(images.contiguous(memory_format=torch.channels_last))
        return losses.deep_supervision(
            outputs,
            target,
            loss=self._settings.loss,
            weights=self._settings.head_weights,
            with_compiler=self._settings.compile,
        )

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the weights; it follows quickly at the start."""
        self._updates += 1
        if self._average is None:
            return
        decay = min(self._settings.ema, (1 + self._updates) / (10 + self._updates))
        average, current = self._average.state_dict(), self.network.state_dict()
        for name, tensor in average.items():
            if tensor.is_floating_point():
                tensor.lerp_(current[name], 1 - decay)
            else:
                tensor.copy_(current[name])

    def tensors(self) -> dict[str, Tensor]:
        """Everything that must survive a kill, by name."""
        groups = {
            "network": dict(self.network.state_dict()),
            "optimizer": resume.optimizer_tensors(self._optimizer),
            "updates": {"count": torch.tensor(self._updates)},
        }
        if self._average is not None:
            groups["average"] = dict(self._average.state_dict())
        return resume.pack(groups)

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put back what `tensors` took.

        Raises:
            OutOfGpuMemory: names the network.
        """
        self.network.load_state_dict(resume.unpack(tensors, "network"))
        with memory.explaining(f"{self._settings.model.name} and Adam's moments"):
            resume.load_optimizer(self._optimizer, resume.unpack(tensors, "optimizer"))
        if self._average is not None:
            self._average.load_state_dict(resume.unpack(tensors, "average"))
        self._updates = int(resume.unpack(tensors, "updates")["count"])


def _start_at_prior(network: Network, prior: list[float]) -> None:
    """Let every head answer each class's share of pixels before it has learned anything.

    With a bias of 0 the first hundreds of steps go into learning that bones are rare.
    """
    logits = torch.tensor([math.log(p / (1 - p)) for p in prior])
    with torch.no_grad():
        for head in network.heads():
            each, rest = divmod(head.out_channels, bones.COUNT)
            if head.bias is None or rest:
                raise ValueError(f"a head needs biases for each of {bones.COUNT} classes: {head}")
            head.bias.copy_(logits.repeat_interleave(each))
