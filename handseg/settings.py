"""Every number a stage can change, with default, unit and bounds; each lives here once.

Those of a training are in `settings_train`, and named here with the others.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

from handseg.settings_bounds import require, require_choices, require_positive
from handseg.settings_train import AugmentSettings, ModelSettings, TrainSettings

MOST_FOLDS = 1000
"""Far more than anyone trains members for: each is a model of a preset's own."""

__all__ = [
    "AugmentSettings",
    "EnsembleSettings",
    "InferSettings",
    "ModelSettings",
    "PreprocessSettings",
    "SplitSettings",
    "TrainSettings",
]


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """How people are split into folds."""

    folds: int = 5
    """Number of disjoint validation sets; at least 2 and at most the number of people."""

    def __post_init__(self) -> None:
        require(2 <= self.folds <= MOST_FOLDS, f"folds must be 2 to {MOST_FOLDS}, got {self.folds}")


@dataclass(frozen=True, kw_only=True)
class PreprocessSettings:
    """Adjustments made at full size before any resize; each factor 1 is the identity."""

    sharpness: float = 2.0
    """PIL's sharpness factor: 0 blurs, 1 is the identity."""
    gamma: float = 1.0
    """Exponent applied to pixel values in [0, 1]; above 1 darkens the middle tones."""
    saturation: float = 1.0
    """PIL's colour factor; the identity on X-rays, whose three channels are equal."""
    contrast: float = 1.0
    """PIL's contrast factor around the image's mean."""
    brightness: float = 1.0
    """PIL's brightness factor."""
    clahe: float = 0.0
    """Clip limit of CLAHE on 8x8 parts of the image, as OpenCV counts it; 0 leaves it out."""
    compression: Literal["none", "zstd"] = "none"
    """How the image cache keeps pixels: none reads fastest, zstd takes a third of the room."""

    def __post_init__(self) -> None:
        for name in ("sharpness", "saturation", "contrast", "brightness"):
            value = getattr(self, name)
            require(math.isfinite(value) and value >= 0, f"{name} must be 0 or more, got {value}")
        require_positive("gamma", self.gamma)
        require(
            math.isfinite(self.clahe) and self.clahe >= 0,
            f"clahe must be 0 or more, got {self.clahe}",
        )
        require_choices(self)


@dataclass(frozen=True, kw_only=True)
class InferSettings:
    """How probabilities are predicted."""

    batch_size: int = 1
    """Images per forward pass."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """bf16 mixed precision; auto takes it where the device computes it natively."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU where there is one and says which it took."""
    backend: Literal["torch", "onnxruntime"] = "torch"
    """What computes the network on a CPU; onnxruntime needs `pip install handseg[fast]`."""
    compile: bool = False
    """torch.compile for the network: minutes at the start, then faster; of backend torch alone."""
    threads: int = 0
    """CPU threads; 0 is all cores."""
    cut_level: int = 8
    """Probabilities under cut_level / 255 are stored as 0."""
    tta_flip: bool = False
    """Average with the prediction of the left-right mirrored image."""
    tta_rotate_degrees: list[float] = field(default_factory=list)
    """Average with the predictions of the image rotated by each of these angles."""
    tta_scales: list[float] = field(default_factory=list)
    """Average with the predictions of inputs these many times as large as the network's."""

    def __post_init__(self) -> None:
        require(self.batch_size >= 1, f"batch_size must be at least 1, got {self.batch_size}")
        require(
            self.backend == "torch" or self.device != "cuda",
            f"backend is {self.backend}, which computes on CPUs; give device cpu, or backend torch",
        )
        require(
            self.backend != "onnxruntime" or self.precision != "bf16",
            "backend is onnxruntime, which has no bf16 on CPUs; give precision float32",
        )
        require(
            self.backend == "torch" or not self.compile,
            f"backend is {self.backend}, which torch.compile is not a part of; give compile false",
        )
        require(self.threads >= 0, f"threads must be 0 or more, got {self.threads}")
        require(1 <= self.cut_level <= 127, f"cut_level must be 1 to 127, got {self.cut_level}")
        require(
            all(0 < abs(angle) <= 45 for angle in self.tta_rotate_degrees),
            f"tta_rotate_degrees must be within 45 either way, not 0: {self.tta_rotate_degrees}",
        )
        require(
            all(0.5 <= scale <= 2 and scale != 1 for scale in self.tta_scales),
            f"tta_scales must be between 0.5 and 2, not 1, got {self.tta_scales}",
        )
        require_choices(self)


@dataclass(frozen=True, kw_only=True)
class EnsembleSettings:
    """How the members' probabilities become masks."""

    threshold: float = 0.5
    """Weighted mean probability at or above which a pixel belongs to the bone."""
    thresholds: list[float] = field(default_factory=list)
    """A threshold for each bone in their official order; empty takes `threshold`."""
    voting: Literal["soft", "hard"] = "soft"
    """Weighted mean of probabilities, or weighted majority of the members' own masks."""
    largest_component: bool = False
    """Keep only the largest connected region of each bone."""
    select: bool = False
    """Choose weights, thresholds and cleaning on out-of-fold predictions, where they help."""

    def __post_init__(self) -> None:
        for value in (self.threshold, *self.thresholds):
            require(
                0.1 <= value < 1.0,
                "threshold must be at least 0.1 (the stores keep no less) and below 1, "
                f"got {value}",
            )
        require_choices(self)
