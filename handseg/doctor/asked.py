"""What a person wants to do on this machine, as far as they say."""

from dataclasses import dataclass

from handseg.presets.catalogue import Preset
from handseg.settings import PreprocessSettings
from handseg.storage.location import Location


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked at besides the machine itself."""

    out: Location | None = None
    """Where a run would write."""
    data: Location | None = None
    """What it would read."""
    preset: Preset | None = None
    """How it would be made."""
    kfp: str = ""
    """URL of the KFP API; empty where none is meant."""

    @property
    def preprocess(self) -> PreprocessSettings:
        """Of the preset, or the defaults."""
        return PreprocessSettings() if self.preset is None else self.preset.preprocess

    @property
    def members(self) -> int:
        """How many the preset has; none without a preset."""
        return 0 if self.preset is None else len(self.preset.members)

    @property
    def compiles(self) -> bool:
        """Whether torch.compile is asked for."""
        if self.preset is None:
            return False
        return self.preset.infer.compile or any(m.train.compile for m in self.preset.members)

    @property
    def wants_gpu(self) -> bool:
        """Whether a GPU is asked for by name."""
        if self.preset is None:
            return False
        devices = {m.train.device for m in self.preset.members} | {self.preset.infer.device}
        return "cuda" in devices
