"""The plain float32 form of the report's authors: batch 1, every output whole at its full size."""

import copy

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from handseg import bones
from handseg.images import normalise
from handseg.images.cache import CachedImage
from handseg.models.network import HeadLogits, Network
from handseg.training.data import Batch


def enlarged(head: HeadLogits) -> Tensor:
    """A head's logits at its size, by torch's own layers: (B, 29, *size)."""
    logits = head.native
    if logits.shape[-2:] != head.size:
        logits = F.interpolate(logits, size=head.size, mode="bilinear", align_corners=False)
    if head.refine is None:
        return logits
    refined: Tensor = nn.Sequential(head.refine.widen, head.refine.merge)(logits)
    return refined


def loss(outputs: list[Tensor], target: Tensor) -> Tensor:
    """Mean of BCE + Dice over the outputs; target float (B, 29, H, W)."""
    total = torch.zeros((), device=target.device)
    for logits in outputs:
        truth = F.adaptive_avg_pool2d(target, (logits.shape[-2], logits.shape[-1]))
        p = torch.sigmoid(logits)
        overlap = (p * truth).sum((2, 3))
        dice = (2 * overlap + 1) / (p.sum((2, 3)) + truth.sum((2, 3)) + 1)
        entropy = F.binary_cross_entropy_with_logits(logits, truth)
        total = total + (entropy + (1 - dice).mean()) / len(outputs)
    return total


def planes(field: Tensor) -> Tensor:
    """float (B, 29, H, W) of bit fields."""
    return torch.stack([(field >> c) & 1 for c in range(bones.COUNT)], dim=1).float()


class Training:
    """A copy of a network, its Adam, and one image on the device: it waits for no data."""

    def __init__(self, network: Network, batch: Batch, device: torch.device) -> None:
        self.network = copy.deepcopy(network).to(device, memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-4, weight_decay=1e-6)
        self._images = normalise.to_tensor(batch.images[:1].to(device)).contiguous()
        self._target = planes(batch.target[:1].to(device))

    def backward(self) -> Tensor:
        """The loss, its gradients left on the parameters."""
        self.network.train()
        outputs = [enlarged(head) for head in self.network(self._images)]
        found = loss(outputs, self._target)
        self._optimizer.zero_grad(set_to_none=True)
        found.backward()  # type: ignore[no-untyped-call]
        return found.detach()

    def step(self) -> float:
        """One optimiser step; its loss is read, as a progress bar does."""
        found = self.backward()
        self._optimizer.step()
        return float(found)


@torch.inference_mode()
def predict(network: Network, image: CachedImage, device: torch.device) -> Tensor:
    """Masks of one image at its own size: bool (29, H, W), on the CPU."""
    inputs = torch.from_numpy(normalise.to_input(image.pixels, network.input_px))[None]
    logits = enlarged(network(normalise.to_tensor(inputs.to(device)).contiguous())[0])
    size = image.pixels.shape
    if logits.shape[-2:] != size:
        logits = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)
    return (torch.sigmoid(logits)[0] >= 0.5).cpu()
