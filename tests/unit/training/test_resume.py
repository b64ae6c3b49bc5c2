import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from handseg.errors import BadInput
from handseg.training import resume
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from handseg.training.resume import Progress
from handseg.training.schedule import Plan


def _progress(step: int) -> Progress:
    line = Measurement(step=step, epoch=1.0, loss=0.5, learning_rate=1e-3, input_px=64, dice=0.25)
    return Progress(
        step=step,
        seconds=2.5,
        plan=Plan(sizes_px=[32, 64], steps=[3, 4], fractions=[0.5, 0.5], images=5),
        prior=[0.5],
        best_step=step,
        best_weights="",
        best_dice_per_class={"Radius": 0.25},
        history=[line],
        laps=[Lap(step=step, seconds=2.0)],
        identity={"fold": "0"},
    )


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / resume.FOLDER).iterdir())


def _save(folder: Path, step: int) -> Path:
    return resume.save(folder, _progress(step), {"network/weight": torch.full((3,), float(step))})


def test_nothing_saved_is_nothing_to_resume(tmp_path: Path) -> None:
    assert resume.load(tmp_path) is None


def test_the_newest_state_comes_back_whole(tmp_path: Path) -> None:
    _save(tmp_path, 1)
    _save(tmp_path, 2)
    found = resume.load(tmp_path)
    assert found is not None
    assert found[0] == _progress(2)
    assert found[1]["network/weight"].tolist() == [2, 2, 2]


def test_two_states_are_kept(tmp_path: Path) -> None:
    for step in range(1, 5):
        _save(tmp_path, step)
    assert [name[:13] for name in _names(tmp_path)] == ["step-00000003", "step-00000004"]


def test_best_weights_are_kept_as_long_as_a_state_names_them(tmp_path: Path) -> None:
    weights = {"weight": torch.zeros(3)}
    for step in (1, 2):
        best = resume.save_weights(tmp_path, f"best-{step:08d}", weights)
        for later in (2 * step - 1, 2 * step):
            resume.save(tmp_path, replace(_progress(later), best_weights=best.name), weights)
    assert [name[:13] for name in _names(tmp_path)] == [
        "best-00000002", "step-00000003", "step-00000004",
    ]  # fmt: skip


def test_a_state_whose_best_weights_are_damaged_gives_way_to_the_one_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _save(tmp_path, 1)
    best = resume.save_weights(tmp_path, "best-00000002", {"weight": torch.zeros(3)})
    resume.save(tmp_path, replace(_progress(2), best_weights=best.name), {})
    best.write_bytes(best.read_bytes()[:-1])
    found = resume.load(tmp_path)
    assert found is not None and found[0].step == 1
    assert f"{best.name} is damaged" in caplog.text


def test_damaged_states_do_not_count_among_those_kept(tmp_path: Path) -> None:
    _save(tmp_path, 1)
    for step in (2, 3):
        _save(tmp_path, step).write_bytes(b"")
    assert _names(tmp_path)[0].startswith("step-00000002")
    _save(tmp_path, 2)
    assert [name[:13] for name in _names(tmp_path)] == ["step-00000002"]


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_newest_state_gives_way_to_the_one_before(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    _save(tmp_path, 1)
    newest = _save(tmp_path, 2)
    content = bytearray(newest.read_bytes())
    if damage == "truncated":
        content = content[:-4]
    else:
        content[-1] ^= 1
    newest.write_bytes(content)
    found = resume.load(tmp_path)
    assert found is not None and found[0].step == 1
    assert f"{newest.name} is damaged" in caplog.text


def test_all_states_damaged_is_an_error(tmp_path: Path) -> None:
    _save(tmp_path, 1).write_bytes(b"")
    with pytest.raises(BadInput, match="every state in it is damaged"):
        resume.load(tmp_path)


def _write(folder: Path, header: dict[str, object], values: bytes = b"") -> None:
    """A state whose name has its SHA-256, whatever it holds."""
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + values
    name = f"step-00000001-{hashlib.sha256(content).hexdigest()}.safetensors"
    (folder / resume.FOLDER).mkdir(exist_ok=True)
    (folder / resume.FOLDER / name).write_bytes(content)


def _notes(**changes: object) -> dict[str, object]:
    return {"progress": json.dumps({**asdict(_progress(1)), **changes})}


@pytest.mark.parametrize(
    ("notes", "fault"),
    [
        ({}, "'progress'"),
        ({"progress": "[" * 100_000}, "recursion"),
        (_notes(step="x" * 10_000), "step: must be of type int"),
        (_notes(best_weights="../other.safetensors"), "best weights in '../other.safetensors'"),
    ],
)
def test_what_is_no_state_is_refused_in_text_of_bounded_length(
    tmp_path: Path, notes: dict[str, object], fault: str
) -> None:
    _write(tmp_path, {"__metadata__": notes})
    with pytest.raises(BadInput, match=f"written by another version .*{fault}") as refusal:
        resume.load(tmp_path)
    assert len(str(refusal.value)) < 1000


def test_tensors_that_torch_does_not_know_are_refused(tmp_path: Path) -> None:
    six_bits = {"dtype": "F6_E2M3", "shape": [4], "data_offsets": [0, 3]}
    _write(tmp_path, {"__metadata__": _notes(), "a": six_bits}, bytes(3))
    with pytest.raises(BadInput, match=r"tensors that torch does not know \(.*F6_E2M3"):
        resume.load(tmp_path)


def test_a_stray_temporary_file_is_removed(tmp_path: Path) -> None:
    _save(tmp_path, 1)
    strays = [
        tmp_path / resume.FOLDER / ".step-00000002.safetensors.partial-7",
        tmp_path / ".best.safetensors.partial-7",
    ]
    for stray in strays:
        stray.write_bytes(b"half")
    resume.load(tmp_path)
    assert not any(stray.exists() for stray in strays)


def test_optimiser_moments_survive() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight], lr=0.1)
    weight.grad = torch.tensor([1.0, -1.0])
    optimizer.step()
    twin = torch.nn.Parameter(weight.detach().clone())
    copy = torch.optim.Adam([twin], lr=0.1)
    moments = {name: t.clone() for name, t in resume.optimizer_tensors(optimizer).items()}
    resume.load_optimizer(copy, moments)
    for one, parameter in ((optimizer, weight), (copy, twin)):
        parameter.grad = torch.tensor([0.5, 0.5])
        one.step()
    assert torch.equal(weight, twin)
