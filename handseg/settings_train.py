"""Settings of a training: the network, the random changes to its images, and its course."""

import math
from dataclasses import dataclass, field
from typing import Literal

from handseg.settings_bounds import require, require_choices, require_fraction, require_positive

Loss = Literal["bce", "bce_dice", "iou_bce", "focal", "focal_msssim_iou"]
"""The losses there are; `training/loss_terms.py` has their formulas."""

_MOST_ELASTIC = 0.03


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Which network, and its sizes."""

    name: str = "unet3plus_ds_2048"
    """A name that `handseg models` lists."""
    filters: list[int] = field(default_factory=list)
    """Filters of each encoder level, shallowest first; empty takes the published ones."""
    encoder: str = ""
    """Size of the encoder, such as b4 or tiny; empty takes the one `handseg models` shows."""
    output_stride: int = 0
    """Input pixels per cell of the deepest encoder map, 8 or 16; 0 takes the network's own."""
    pretrained: str = "none"
    """Encoder weights to start from: a folder, an s3:// prefix or a Hugging Face name; or none."""
    input_px: int = 512
    """Side of the square network input, in pixels; a multiple of the network's deepest stride."""
    output_px: int = 2048
    """Side of the square the logits are trained at, in pixels; input_px or more."""

    def __post_init__(self) -> None:
        require(self.input_px >= 16, f"input_px must be at least 16, got {self.input_px}")
        require(
            self.output_px >= self.input_px,
            f"output_px must be at least input_px {self.input_px}, got {self.output_px}",
        )
        require(
            self.output_stride in (0, 8, 16),
            f"output_stride must be 8, 16 or 0 (the network's own), got {self.output_stride}",
        )
        require(
            bool(self.pretrained), "pretrained must be a folder, an s3:// prefix, a name or none"
        )
        require(all(f > 0 for f in self.filters), f"filters must be positive, got {self.filters}")


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
    cutout: float = 0.0
    """Probability of Cutout: one to eight black rectangles, sides up to a tenth; truth stays."""
    copy_paste: float = 0.0
    """Probability of pasting weak bones of another image into the background."""
    copy_paste_bones: list[str] = field(
        default_factory=lambda: ["Trapezium", "Trapezoid", "Triquetrum", "Pisiform"]
    )
    """Bones that copy_paste takes; the defaults are the report's."""
    elastic: float = 0.0
    """Probability of an elastic deformation."""
    elastic_fraction: float = 0.01
    """Most that an elastic deformation moves a pixel along an axis, as a fraction of the side."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, int | float) and name != "rotate_degrees":
                require_fraction(name, value)
        require(
            self.elastic_fraction <= _MOST_ELASTIC,
            f"elastic_fraction must be at most {_MOST_ELASTIC}, beyond which the image folds over "
            f"itself, got {self.elastic_fraction}",
        )
        require(bool(self.copy_paste_bones), "copy_paste_bones must name a bone; got none")
        require(
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
    loss: Loss = "bce_dice"
    """BCE with logits; BCE + Dice; IoU + BCE; focal; focal + MS-SSIM + IoU (UNet 3+'s paper)."""
    head_weights: list[float] = field(default_factory=list)
    """Deep supervision: weight of each head's loss, the main one first; empty weighs all alike."""
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
    compile: bool = False
    """torch.compile for the network, and on a GPU for the loss: minutes, then faster steps."""
    threads: int = 0
    """CPU threads; 0 is all cores. A training repeats to the byte with as many threads; with others
    sums are rounded otherwise, so that 1 makes results independent of the machine's core count."""
    workers: int = 1
    """Processes that prepare training images; 0 prepares them in the training process."""
    seed: int = 0
    """Seed of initial weights, image order and augmentation."""

    def __post_init__(self) -> None:
        for name in ("length", "learning_rate", "checkpoint_minutes"):
            require_positive(name, getattr(self, name))
        for name in ("batch_size", "validate_every"):
            require(
                getattr(self, name) >= 1, f"{name} must be 1 or more, got {getattr(self, name)}"
            )
        for name in ("threads", "workers", "seed"):
            require(
                getattr(self, name) >= 0, f"{name} must be 0 or more, got {getattr(self, name)}"
            )
        require(
            math.isfinite(self.weight_decay) and self.weight_decay >= 0,
            f"weight_decay must be 0 or more, got {self.weight_decay}",
        )
        require(0 <= self.ema < 1, f"ema must be at least 0 and below 1, got {self.ema}")
        require_fraction("warmup_fraction", self.warmup_fraction)
        require_choices(self)
        require(
            all(math.isfinite(w) and w >= 0 for w in self.head_weights)
            and (not self.head_weights or self.head_weights[0] > 0),
            f"head_weights must be 0 or more, the first above 0, got {self.head_weights}",
        )
        self._check_sizes()

    def _check_sizes(self) -> None:
        require(
            len(self.sizes_px) == len(self.sizes_fraction),
            f"sizes_px has {len(self.sizes_px)} entries, sizes_fraction {len(self.sizes_fraction)}",
        )
        if not self.sizes_px:
            return
        last = self.model.input_px
        require(
            self.sizes_px[-1] == last,
            f"the last of sizes_px must be model.input_px {last}, got {self.sizes_px}",
        )
        require(min(self.sizes_px) >= 16, f"sizes_px must be at least 16 each, got {self.sizes_px}")
        for side in self.sizes_px:
            require(
                side * self.model.output_px % last == 0,
                f"sizes_px has {side}: enlarged from {last} to {self.model.output_px} as the "
                "model is, it would not be whole",
            )
        total = sum(self.sizes_fraction)
        require(abs(total - 1) < 1e-6, f"sizes_fraction must add up to 1, got {total}")
        require(
            min(self.sizes_fraction) > 0,
            f"sizes_fraction must be above 0 each, got {self.sizes_fraction}",
        )
