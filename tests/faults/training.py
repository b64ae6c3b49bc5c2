"""`handseg train` on the cache of a small run, as tests of faults call it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from handseg.training import resume

SETTINGS: Mapping[str, object] = MappingProxyType(
    {
        "model.name": "unet",
        "model.filters": "[8,16,32]",
        "model.input_px": 64,
        "model.output_px": 64,
        "length": 8,
        "unit": "steps",
        "batch_size": 2,
        "target": "coverage",
        "precision": "float32",
        "device": "cpu",
        "threads": 1,
        "workers": 0,
        "validate_every": 1000,
        # A state after every step.
        "checkpoint_minutes": 1e-9,
    }
)
ENDLESS: Mapping[str, object] = MappingProxyType({"length": 100_000})


def words(
    run: Path,
    out: Path,
    *further: object,
    settings: Mapping[str, object] = MappingProxyType({}),
) -> list[object]:
    """The words after `handseg`: train the member of fold 0 on a run's cache, settings changed."""
    flags: list[object] = []
    for name, value in {**SETTINGS, **settings}.items():
        flags += [f"--settings.{name}", value]
    places = ("--cache", run / "cache", "--folds", run / "folds.csv", "--fold", 0, "--out", out)
    return ["train", *places, *flags, *further]


def states(folder: Path) -> list[Path]:
    """A training's states, oldest first."""
    return sorted((folder / resume.FOLDER).glob("step-*.safetensors"))


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
