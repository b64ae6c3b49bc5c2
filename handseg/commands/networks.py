"""Networks that cannot be, refused before the first step rather than when their turn comes."""

from collections.abc import Mapping
from importlib import import_module

from handseg.errors import BadInput
from handseg.settings import TrainSettings


def check(members: Mapping[str, TrainSettings]) -> None:
    """Build every different network without memory or weights.

    Args:
        members: by the name that a message gives them.

    Raises:
        BadInput: a network, a size or head weights that cannot be; names the member.
    """
    # By name, so that torch is loaded only where a member is still to be trained.
    torch, catalogue = import_module("torch"), import_module("handseg.models.catalogue")
    losses = import_module("handseg.training.losses")
    seen = set()
    for name, train in members.items():
        key = (str(train.model), str(train.sizes_px), str(train.head_weights))
        if key in seen:
            continue
        seen.add(key)
        try:
            with torch.device("meta"):
                network = catalogue.build(train.model)
            losses.check_weights(train.head_weights, len(network.heads()))
        except BadInput as error:
            raise BadInput(f"{name}: {error}") from error
        for side in train.sizes_px:
            if side % network.stride:
                raise BadInput(
                    f"{name}: {side} px is no multiple of {network.stride}, the stride of "
                    f"{train.model.name}; change train.sizes_px"
                )
