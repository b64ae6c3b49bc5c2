"""What a training asks of its machine, found out before anything expensive."""

from handseg.inference import device as devices
from handseg.settings import TrainSettings
from handseg.tracking import choice
from handseg.training import shared_memory


def require(settings: TrainSettings) -> None:
    """Refuse a training that this machine cannot do.

    Raises:
        BadInput: a GPU is asked for and absent, shared memory is too small for the workers, or a
            tracker's variable cannot be right.
        MissingInput: a tracker's package is not installed.
    """
    choice.from_environment()
    devices.choose_device(settings.device)
    shared_memory.require(settings)
