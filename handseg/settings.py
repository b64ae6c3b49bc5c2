"""Every number a stage can change, with default, unit and bounds; each lives here once."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args, get_origin, get_type_hints


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _require_fraction(name: str, value: float) -> None:
    _require(0.0 <= value <= 1.0, f"{name} must be between 0 and 1, got {value}")


def _require_positive(name: str, value: float) -> None:
    _require(math.isfinite(value) and value > 0, f"{name} must be above 0, got {value}")


def _require_choices(settings: object) -> None:
    for name, hint in get_type_hints(type(settings)).items():
        if get_origin(hint) is Literal:
            value, choices = getattr(settings, name), get_args(hint)
            known = ", ".join(choices)
            _require(value in choices, f"{name} must be one of {known}, got {value!r}")


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """How people are split into folds."""

    folds: int = 5
    """Number of disjoint validation sets; at least 2 and at most the number of people."""

    def __post_init__(self) -> None:
        _require(self.folds >= 2, f"folds must be at least 2, got {self.folds}")


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
    compression: Literal["none", "zstd"] = "none"
    """How the image cache keeps pixels: none reads fastest, zstd takes a third of the room."""

    def __post_init__(self) -> None:
        for name in ("sharpness", "saturation", "contrast", "brightness"):
            value = getattr(self, name)
            _require(math.isfinite(value) and value >= 0, f"{name} must be 0 or more, got {value}")
        _require_positive("gamma", self.gamma)
        _require_choices(self)


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Which network, and its sizes."""

    name: str = "unet3plus_ds_2048"
    """A name that `handseg models` lists."""
    filters: list[int] = field(default_factory=list)
    """Filters of each encoder level, shallowest first; empty takes the published ones."""
    input_px: int = 512
    """Side of the square network input, in pixels; a multiple of the network's deepest stride."""
    output_px: int = 2048
    """Side of the square the logits are trained at, in pixels; a whole multiple of input_px."""

    def __post_init__(self) -> None:
        _require(self.input_px >= 16, f"input_px must be at least 16, got {self.input_px}")
        _require(
            self.output_px >= self.input_px and self.output_px % self.input_px == 0,
            f"output_px must be a whole multiple of input_px {self.input_px}, got {self.output_px}",
        )
        _require(all(f > 0 for f in self.filters), f"filters must be positive, got {self.filters}")


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Random changes to training images; the defaults are the published recipe."""

    flip: float = 0.5
    """Probability of a left-right mirror; it changes no label."""
    rotate_degrees: float = 10.0
    """Largest rotation either way, in degrees."""
    rotate: float = 0.5
    """Probability of a rotation (with scale and shift, where those are not 0)."""
    scale_fraction: float = 0.0
    """Largest enlargement or reduction, as a fraction of the size."""
    shift_fraction: float = 0.0
    """Largest shift along each axis, as a fraction of the side."""
    grid_dropout: float = 0.5
    """Probability of GridDropout (ratio 0.1, 4x4 holes; image and target zeroed)."""
    contrast_fraction: float = 0.0
    """Largest random change of brightness and contrast, as a fraction."""

    def __post_init__(self) -> None:
        for name in ("flip", "rotate", "scale_fraction", "shift_fraction", "grid_dropout"):
            _require_fraction(name, getattr(self, name))
        _require_fraction("contrast_fraction", self.contrast_fraction)
        _require(
            0 <= self.rotate_degrees <= 180,
            f"rotate_degrees must be between 0 and 180, got {self.rotate_degrees}",
        )


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """How one member is trained."""

    model: ModelSettings = field(default_factory=ModelSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    length: float = 31
    """How long to train, counted in `unit`."""
    unit: Literal["epochs", "steps", "minutes"] = "epochs"
    """Minutes become a step count by a short calibration; epochs and steps repeat exactly."""
    batch_size: int = 1
    """Images per optimiser step, over all GPUs together."""
    learning_rate: float = 1e-4
    """Adam's rate at the top of the schedule."""
    weight_decay: float = 1e-6
    """Adam's L2 penalty."""
    schedule: Literal["constant", "linear"] = "constant"
    """Constant rate, or linear decay to a hundredth of it."""
    warmup_fraction: float = 0.0
    """Part of the training over which the rate rises from nothing."""
    loss: Literal["bce", "bce_dice"] = "bce_dice"
    """Binary cross-entropy with logits, or the same plus one minus soft Dice."""
    target: Literal["bitfield", "coverage"] = "bitfield"
    """Hard truth at output_px, or the part of each pixel that a bone covers (for small outputs)."""
    prior_bias: bool = True
    """Start the heads at the classes' share of pixels; learns many times faster than from 0."""
    sizes_px: list[int] = field(default_factory=list)
    """Input sides in pixels, one after another, model.input_px last; empty means that alone."""
    sizes_fraction: list[float] = field(default_factory=list)
    """Part of the training spent at each of sizes_px; they add up to 1."""
    ema: float = 0.0
    """Decay of the moving average of the weights, which becomes the model; 0 takes the weights."""
    validate_every: int = 1
    """Epochs between validations at full size; the last epoch is always validated."""
    checkpoint_minutes: float = 5.0
    """Minutes between resumable checkpoints; one is written after every validation as well."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """bf16 mixed precision; auto takes it where the device computes it natively."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU where there is one and says which it took."""
    threads: int = 0
    """CPU threads; 0 is all cores. 1 makes results independent of the machine's core count."""
    workers: int = 1
    """Processes that prepare training images; 0 prepares them in the training process."""
    seed: int = 0
    """Seed of initial weights, image order and augmentation."""

    def __post_init__(self) -> None:
        for name in ("length", "learning_rate", "checkpoint_minutes"):
            _require_positive(name, getattr(self, name))
        for name in ("batch_size", "validate_every"):
            _require(
                getattr(self, name) >= 1, f"{name} must be 1 or more, got {getattr(self, name)}"
            )
        for name in ("threads", "workers", "seed"):
            _require(
                getattr(self, name) >= 0, f"{name} must be 0 or more, got {getattr(self, name)}"
            )
        _require(
            math.isfinite(self.weight_decay) and self.weight_decay >= 0,
            f"weight_decay must be 0 or more, got {self.weight_decay}",
        )
        _require(0 <= self.ema < 1, f"ema must be at least 0 and below 1, got {self.ema}")
        _require_fraction("warmup_fraction", self.warmup_fraction)
        _require_choices(self)
        self._check_sizes()

    def _check_sizes(self) -> None:
        _require(
            len(self.sizes_px) == len(self.sizes_fraction),
            f"sizes_px has {len(self.sizes_px)} entries, sizes_fraction {len(self.sizes_fraction)}",
        )
        if not self.sizes_px:
            return
        last = self.model.input_px
        _require(
            self.sizes_px[-1] == last,
            f"the last of sizes_px must be model.input_px {last}, got {self.sizes_px}",
        )
        _require(
            min(self.sizes_px) >= 16, f"sizes_px must be at least 16 each, got {self.sizes_px}"
        )
        total = sum(self.sizes_fraction)
        _require(abs(total - 1) < 1e-6, f"sizes_fraction must add up to 1, got {total}")
        _require(
            min(self.sizes_fraction) > 0,
            f"sizes_fraction must be above 0 each, got {self.sizes_fraction}",
        )


@dataclass(frozen=True, kw_only=True)
class InferSettings:
    """How probabilities are predicted."""

    batch_size: int = 1
    """Images per forward pass."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """bf16 mixed precision; auto takes it where the device computes it natively."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU where there is one and says which it took."""
    threads: int = 0
    """CPU threads; 0 is all cores."""
    cut_level: int = 8
    """Probabilities under cut_level / 255 are stored as 0."""

    def __post_init__(self) -> None:
        _require(self.batch_size >= 1, f"batch_size must be at least 1, got {self.batch_size}")
        _require(self.threads >= 0, f"threads must be 0 or more, got {self.threads}")
        _require(1 <= self.cut_level <= 127, f"cut_level must be 1 to 127, got {self.cut_level}")
        _require_choices(self)


@dataclass(frozen=True, kw_only=True)
class EnsembleSettings:
    """How the members' probabilities become masks."""

    threshold: float = 0.5
    """Weighted mean probability at or above which a pixel belongs to the bone."""

    def __post_init__(self) -> None:
        _require(
            0.1 <= self.threshold < 1.0,
            "threshold must be at least 0.1 (the stores keep no less) and below 1, "
            f"got {self.threshold}",
        )
