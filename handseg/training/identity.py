"""What a training is, and what of it may change before it goes on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from handseg.errors import BadInput, told
from handseg.settings import TrainSettings

_SETTINGS = "settings."
_NO_ENTRY = "(none)"
_FREE = {"checkpoint_minutes", "compile", "device", "threads", "workers"}
"""Settings of where and how the steps are computed: on another machine they are others."""
_IF_ALLOWED = {
    "augment",
    "learning_rate",
    "precision",
    "schedule",
    "validate_every",
    "warmup_fraction",
    "weight_decay",
}
"""Settings of steps still to come. Of all others the plan of steps was made, or the network."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A setting that a training went on with instead of another."""

    step: int
    """The last step that was taken as before."""
    setting: str
    """Its name, such as learning_rate or augment.flip."""
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.setting} was {self.was} until step {self.step}, and is {self.now} since"


def of_settings(settings: TrainSettings) -> dict[str, str]:
    """Every setting by its dotted name, as in `settings.model.name`."""
    return {_SETTINGS + name: str(value) for name, value in _flat(asdict(settings)).items()}


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in values.items():
        name = prefix + key
        found.update(_flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value})
    return found


def changes(
    then: Mapping[str, str], now: Mapping[str, str], *, step: int, folder: Path, allowed: bool
) -> list[Change]:
    """What a training goes on with otherwise than before.

    Args:
        then: what it was, by name; settings as `of_settings` names them.
        now: what it is to be.
        step: the last that was taken.
        folder: where its state lies.
        allowed: whether settings of steps still to come may differ.

    Raises:
        BadInput: lists every difference, where one of them may not be.
    """
    names = [n for n in sorted({*then, *now}) if then.get(n) != now.get(n)]
    refused = {name for name in names if _group(name) not in _FREE}
    fixed = {name for name in refused if _group(name) not in _IF_ALLOWED}
    if fixed or (refused and not allowed):
        listed = "; ".join(
            f"{told(n)}: was {told(then.get(n))}, now {told(now.get(n))}" for n in names
        )
        raise BadInput(
            f"{folder} holds a training begun otherwise ({listed}); {_remedy(sorted(fixed))}"
        )
    return [
        Change(
            step=step,
            setting=name.removeprefix(_SETTINGS),
            was=then.get(name, _NO_ENTRY),
            now=now.get(name, _NO_ENTRY),
        )
        for name in names
    ]


def _group(name: str) -> str:
    """A setting's own name, or that of its part; nothing for what is no setting."""
    return name.removeprefix(_SETTINGS).split(".")[0] if name.startswith(_SETTINGS) else ""


def _remedy(fixed: list[str]) -> str:
    if fixed:
        return (
            f"{', '.join(fixed)} cannot change on the way: train into another --out, or remove "
            "that folder"
        )
    return (
        "give what it was, or --allow-changes to go on with what it is now (the card tells of it), "
        "or another --out"
    )
