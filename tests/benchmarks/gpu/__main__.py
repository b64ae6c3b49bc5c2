"""`make bench-gpu`: training and inference on a GPU against the plain form, in one run."""

import logging
import sys
import tempfile
from dataclasses import asdict
from json import dumps
from pathlib import Path

import torch
from jsonargparse import auto_cli
from rich.console import Console
from rich.table import Table

from handseg.inference import compiled
from handseg.inference import device as devices
from tests.benchmarks.gpu import inference, rate, training
from tests.benchmarks.gpu.case import MODELS, Case, Sizes
from tests.benchmarks.gpu.line import Line


def bench(*, json: str = "", batch_size: int = 4, workers: int = 8) -> int:
    """Measure on the GPU, and print a table.

    Args:
        json: File to write the figures to, as a list of objects.
        batch_size: Images of a batch of the product's; the plain form's is 1.
        workers: Processes that prepare the product's training images.

    Returns:
        0 where every goal is met, 1 where not, 2 where there is no GPU.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if not torch.cuda.is_available():
        print(
            f"bench-gpu: torch {torch.__version__} finds no CUDA device; run it where "
            "`nvidia-smi` lists one, with a CUDA build of torch",
            file=sys.stderr,
        )
        return 2
    device = torch.device("cuda", torch.cuda.current_device())
    compiled.require(device)
    found = run(device, Sizes(batch_size=batch_size, workers=workers))
    show(found, devices.describe(device, devices.choose_precision("auto", device)))
    if json:
        write(found, Path(json))
    return 0 if all(one.met is not False for one in found) else 1


def run(device: torch.device, sizes: Sizes) -> list[Line]:
    """All figures of all networks.

    Args:
        device: a GPU; a CPU where the benchmark itself is tested.
        sizes: of data, networks and clocks.

    Raises:
        Unequal: both sides' results differ.
    """
    matrix_rate = rate.matrix_rate(device, sizes.matrix_side)
    logging.info("bf16 matrix products: %.1f TFLOP/s", matrix_rate / 1e12)
    found: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="handseg-bench-gpu-") as place:
        for model in MODELS:
            case = Case(Path(place), model, device, sizes)
            logging.info("training %s", model)
            found += training.measure(case, matrix_rate)
            logging.info("inference of %s", model)
            found += inference.measure(case)
    return found


def write(found: list[Line], path: Path) -> None:
    """A list of objects."""
    path.write_text(dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


def show(found: list[Line], device: str) -> None:
    """A table for people."""
    table = Table(title=f"plain float32 against handseg, on {device}")
    for title in ("", "plain", "handseg", "unit", "ratio", "goal", "met", "what"):
        table.add_column(title, justify="left" if title in ("", "unit", "what") else "right")
    signs = {"ratio": ">= {:g}x", "least": ">= {:g}", "most": "<= {:g}"}
    for one in found:
        values = ["" if v is None else f"{v:.3g}" for v in (one.baseline, one.ours)]
        table.add_row(
            one.name, *values, one.unit, "" if one.ratio is None else f"{one.ratio:.1f}x",
            signs[one.aim].format(one.goal), {True: "yes", False: "NO", None: one.reason}[one.met],
            one.about,
        )  # fmt: skip
    Console(width=160).print(table)


if __name__ == "__main__":
    sys.exit(auto_cli(bench, as_positional=False))
