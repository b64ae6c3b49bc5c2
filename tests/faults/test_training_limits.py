"""Rows of what a training runs into: numbers, memory, devices and time."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from handseg.settings import ModelSettings, TrainSettings
from handseg.training import shared_memory
from tests.faults.command import handseg
from tests.faults.training import contents, states, words

WILD = {"learning_rate": 1e30}
NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
_MOUNT = 'mount -t tmpfs -o size="$1" tmpfs /dev/shm && shift && exec "$@"'
_NEIGHBOUR = """
import torch, sys
free, _ = torch.cuda.mem_get_info()
taken = torch.empty(max(0, free - int(sys.argv[1])), dtype=torch.uint8, device="cuda")
print("taken", flush=True)
sys.stdin.read()
"""


def _shared_memory(size: int) -> tuple[str, ...]:
    """Words before a command that give it so many bytes of /dev/shm."""
    root = () if os.geteuid() == 0 else ("--map-root-user",)
    return ("unshare", *root, "--mount", "sh", "-c", _MOUNT, "sh", str(size))


@pytest.mark.fault(13)
def test_row_13_a_loss_of_nan_ends_the_training_and_spoils_no_state(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "member", tmp_path / "member.partial"
    seldom = {"checkpoint_minutes": 60}
    handseg(*words(done, out, "--limit-minutes", 1e-6, settings=seldom)).must(4)
    before = contents(state)
    ended = handseg(*words(done, out, "--allow-changes", settings={**seldom, **WILD}))
    ended.must(5, "the loss is nan on ", ".png", "lower learning_rate, or look at these images")
    assert contents(state) == before and not out.exists()
    handseg(*words(done, out, settings=seldom)).must(0, "resumed at step 1")
    told(f"a learning rate of 1e30: exit 5: {ended.last_line}; its state is as before, and goes on")


@pytest.mark.fault(13)
def test_row_13_weights_that_a_step_ruined_are_not_scored_or_kept(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "member", tmp_path / "member.partial"
    ended = handseg(*words(done, out, settings={"length": 1, **WILD}))
    ended.must(5, "not finite after the step on ", ".png", "lower learning_rate")
    assert not states(state) and not out.exists()
    told("after a last step that ruins the weights: exit 5 instead of a validation; none is kept")


@pytest.fixture
def full_gpu() -> Iterator[None]:
    """A GPU on which another process leaves 2 GiB."""
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    command = [sys.executable, "-c", _NEIGHBOUR, str(2**31)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "taken\n"
        yield
        process.kill()


@pytest.mark.gpu
@pytest.mark.fault(14)
@pytest.mark.usefixtures("full_gpu")
def test_row_14_a_batch_too_large_for_the_gpu_is_said_with_its_size(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    large = {"model.filters": "[]", "model.input_px": 1024, "model.output_px": 1024}
    many = {"batch_size": 16, "device": "cuda", "target": "bitfield", **large}
    ended = handseg(*words(done, tmp_path / "member", settings=many))
    ended.must(3, "GPU memory is too small for a batch of (16, 1024, 1024)", "lower batch_size")
    assert not (tmp_path / "member").exists()
    told(f"a GPU with 2 GiB left: exit 3: {ended.last_line}")


@pytest.mark.fault(15)
def test_row_15_a_gpu_that_is_not_there_ends_every_command_before_it_begins(
    hands: Path, done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    train = words(done, tmp_path / "member", settings={"device": "cuda"})
    infer = (
        *("infer", "--checkpoint", done / "members" / "fold0", "--cache", done / "cache"),
        *("--part", "test", "--out", tmp_path / "store", "--settings.device", "cuda"),
    )
    run = (
        *("run", "--data", hands, "--out", tmp_path / "run", "--preset", "smoke"),
        *("--train.device", "cuda"),
    )
    for command, step in (
        (train, "handseg train: "),
        (infer, "handseg infer: "),
        (run, "handseg run: train fold0: "),
    ):
        ended = handseg(*command, variables=NO_GPU)
        ended.must(2, f"{step}device is cuda, but torch", "give device auto or cpu")
    assert not list(tmp_path.iterdir())
    told(
        "device cuda without a GPU, in train, infer and run: exit 2 before anything is read or "
        "made; run names the step"
    )


@pytest.mark.fault(16)
def test_row_16_too_little_shared_memory_is_said_before_training(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out = tmp_path / "member"
    large = {"model.output_px": 256, "target": "bitfield", "workers": 2}
    command = words(done, out, settings=large)
    ended = handseg(*command, prefix=_shared_memory(2**20))
    ended.must(2, "/dev/shm: 1.0 MB free, and 2 worker processes hand over up to 5.", "workers 0")
    ended.must(2, "docker run --shm-size 64m", "emptyDir, medium Memory, sizeLimit 64Mi")
    assert not list(tmp_path.iterdir())
    handseg(*command, "--settings.workers", 0, prefix=_shared_memory(2**20)).must(0)
    told(f"1 MB of /dev/shm and 2 workers: exit 2: {ended.last_line}; workers 0 trains there")


@pytest.mark.fault(16)
def test_row_16_what_it_asks_for_is_enough(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    model = ModelSettings(name="unet", filters=[8, 16, 32], input_px=64, output_px=256)
    settings = TrainSettings(model=model, batch_size=2, target="bitfield", workers=1)
    prefix = _shared_memory(shared_memory.needed_bytes(settings))
    given = {"model.output_px": 256, "target": "bitfield", "workers": 1}
    handseg(*words(done, tmp_path / "member", settings=given), prefix=prefix).must(0)
    told("with just as much of it as is asked for, workers train to the end")


@pytest.mark.fault(17)
def test_row_17_at_its_time_limit_a_training_saves_and_the_same_command_goes_on(
    done: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    out, state = tmp_path / "member", tmp_path / "member.partial"
    limited = words(done, out, "--limit-minutes", 1e-6)
    first = handseg(*limited)
    first.must(4, "member: limit_minutes 1e-06 was reached at step 1", "the same command goes on")
    (saved,) = states(state)
    assert saved.name.startswith("step-00000001-") and not out.exists()
    handseg(*limited).must(4, "resumed at step 1", "was reached at step 2")
    handseg(*words(done, out)).must(0, "resumed at step 2")
    assert not state.exists()
    told(f"--limit-minutes: exit 4: {first.last_line}; so does the same command, to the end")
