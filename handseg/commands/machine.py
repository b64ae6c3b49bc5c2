"""What a run asks of its machine, found out before its first step rather than on the way."""

from collections.abc import Sequence
from importlib import import_module

from handseg.commands.plan import Step
from handseg.errors import BadInput, MissingInput
from handseg.storage import artifact


def check(plan: Sequence[Step]) -> None:
    """Look at the trainings and predictions that are still to be made.

    Raises:
        BadInput: a GPU is asked for and absent, shared memory is too small for the workers, or a
            tracker's variable cannot be right; the message names the step.
        MissingInput: likewise, where a tracker's package is not installed.
    """
    for step in plan:
        if step.stage in ("train", "infer") and not artifact.exists(step.out):
            try:
                _require(step)
            except (BadInput, MissingInput) as error:
                raise type(error)(f"{step.title}: {error}") from error


def _require(step: Step) -> None:
    # By name, so that torch is loaded only where something is still to be made.
    settings = step.arguments["settings"]
    if step.stage == "train":
        import_module("handseg.training.readiness").require(settings)
    else:
        import_module("handseg.inference.device").choose_device(settings.device)
