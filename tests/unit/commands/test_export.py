"""`handseg export` writes a checked graph that says how to use it, or writes nothing."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from handseg import bones, cli, provenance
from handseg.inference import predict
from handseg.models.unet import UNet
from handseg.storage import artifact
from handseg.training import checkpoint as checkpoints
from tests.unit.stages.test_infer import Made, made

__all__ = ["made"]


def _export(made: Made, out: Path, *words: str) -> int:
    return cli.main(["export", "--checkpoint", made.checkpoint.uri, "--out", str(out), *words])


def test_a_file_loads_says_its_use_and_gives_the_logits_of_torch(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "member.onnx"
    assert _export(made, out) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{out}: small, at most ") and "logits at 32 and 16 px" in first
    assert second == f"{out}: takes images whose sides are multiples of 8 px"

    session = onnxruntime.InferenceSession(out.read_bytes())
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["classes"]) == list(bones.NAMES)
    assert (said["input_px"], said["any_side"], said["side_unit"]) == ("32", "true", "8")
    network, _ = checkpoints.load_model(made.checkpoint.path)
    images = np.random.default_rng(1).integers(0, 256, (3, 24, 56), np.uint8)
    expected = predict.native(network, torch.from_numpy(images), torch.float32).numpy()
    assert np.abs(session.run(None, {"images": images})[0] - expected).max() < 1e-4

    artifact.verify(out)
    record = provenance.read(out)
    assert record["settings"] == {"input_px": 32, "tolerance": 1e-3}
    assert record["parents"] == {"checkpoint": artifact.content_hash(made.checkpoint.path)}
    assert _export(made, out) == 0
    assert "nothing to export" in capsys.readouterr().err
    assert _export(made, out, "--input-px", "64") == 2
    assert "settings.input_px: 32 -> 64" in capsys.readouterr().err


def test_a_graph_of_one_side_is_said_to_be_one(
    made: Made,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(UNet, "traces_any_side", False)
    assert _export(made, tmp_path / "one.onnx", "--input-px", "40") == 0
    told = capsys.readouterr().out
    assert "logits at 40 px" in told and "takes images of 40 x 40 px alone" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--input-px", "33"], "side is 33, the network needs a multiple of 8: take 32 or 40"),
        (["--input-px", "-8"], "input_px is -8; give a side in pixels, or 0"),
        (["--tolerance", "0"], "tolerance is 0.0; give a number above 0"),
        (["--tolerance", "1e-30"], "over the tolerance of 1e-30; nothing was written"),
    ],
)
def test_what_is_refused_leaves_nothing(
    made: Made,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    out = tmp_path / "made" / "member.onnx"
    assert _export(made, out, *words) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert not out.parent.exists()


@pytest.mark.parametrize("package", ["onnxscript", "onnxruntime"])
def test_a_missing_package_is_named_with_its_remedy(
    made: Made,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    package: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert _export(made, tmp_path / "member.onnx") == 2
    assert f"{package} is not installed; pip install 'handseg[fast]'" in capsys.readouterr().err
