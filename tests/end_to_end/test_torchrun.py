import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from handseg.settings import SplitSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage.location import Location
from handseg.training import checkpoint
from tests.drawing import write_tiny_dataset

SETTINGS = {
    "model.name": "unet",
    "model.filters": "[4,8,12]",
    "model.input_px": "32",
    "model.output_px": "32",
    "unit": "steps",
    "length": "4",
    "batch_size": "4",
    "precision": "float32",
    "device": "cpu",
    "threads": "1",
    "workers": "0",
}


@pytest.mark.long
def test_two_processes_train_one_member(tmp_path: Path) -> None:
    write_tiny_dataset(tmp_path / "data", people=4, size=(40, 40), seed=2)
    data, folds, cache = (Location(str(tmp_path / n)) for n in ("data", "folds.csv", "cache"))
    split(data=data, out=folds, settings=SplitSettings(folds=2))
    preprocess(data=data, folds=folds, out=cache)
    flags = [word for key, value in SETTINGS.items() for word in (f"--settings.{key}", value)]
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "handseg", "train", "--cache", str(cache), "--folds", str(folds), "--fold", "1",
        "--out", str(tmp_path / "member"), *flags,
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-4000:]
    card = checkpoint.load_card(tmp_path / "member")
    assert (card.steps, card.fold) == (4, 1)
    weights = load_file(tmp_path / "member" / checkpoint.MODEL)
    assert all(torch.isfinite(tensor.float()).all() for tensor in weights.values())
    # one line of history for each validation: only one process reports
    assert done.stderr.count("member step 4/4") == 1
    assert (tmp_path / "member.oof").is_dir()
