"""What is measured: commands, at several amounts of work each."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.scale.alone import Taken
from tests.benchmarks.scale.course import Course, Memory
from tests.benchmarks.scale.inputs import Inputs

IMAGES = (50, 100, 200, 400)
MEMBERS = (1, 2, 3, 4, 5)
PEOPLE = (4, 8, 16, 32)
_VOTERS = 2
_VOTED = 200
_INFERRED = 400


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One command, and how it is called for an amount of work."""

    name: str
    title: str
    unit: str
    memory: Memory
    amounts: Sequence[int]
    words: Callable[[Inputs, int], list[str]]
    """The command without --out; makes its input."""

    def measure(self, inputs: Inputs, work: Path) -> Course:
        """Call it at every amount, each in a process of its own that writes under `work`."""
        warm = self.words(inputs, self.amounts[0])
        taken = [_alone(warm, self.words(inputs, amount), work) for amount in self.amounts]
        return Course(
            name=self.name,
            title=self.title,
            unit=self.unit,
            memory=self.memory,
            amounts=self.amounts,
            seconds=[one.seconds for one in taken],
            peak_mb=[one.peak_mb for one in taken],
        )


def _alone(warm: list[str], words: list[str], work: Path) -> Taken:
    texts = [json.dumps(value) for value in (warm, words, str(work))]
    command = [sys.executable, "-m", "tests.benchmarks.scale.alone", *texts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"handseg {' '.join(words)}:\n{done.stderr}")
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def _vote(inputs: Inputs, members: int, images: int) -> list[str]:
    stores = [str(inputs.store(member, images)) for member in range(members)]
    return ["ensemble", "--stores", *stores, "--weights", *["1"] * members]


def _infer(inputs: Inputs, images: int) -> list[str]:
    member, cache = inputs.member
    where = ["--checkpoint", str(member), "--cache", str(cache), "--part", "test"]
    share = f"1/{inputs.test_images // images}"
    return ["infer", *where, "--shard", share, "--settings.device", "cpu"]


def _preprocess(inputs: Inputs, people: int) -> list[str]:
    data, folds = inputs.data(people), inputs.folds(people)
    return ["preprocess", "--data", str(data), "--folds", str(folds)]


PLANS = (
    Plan(
        name="vote_images",
        title=f"ensemble of {_VOTERS} members",
        unit="images at 2048",
        memory="constant",
        amounts=IMAGES,
        words=lambda inputs, amount: _vote(inputs, _VOTERS, amount),
    ),
    Plan(
        name="vote_members",
        title=f"ensemble on {_VOTED} images at 2048",
        unit="members",
        memory="linear",
        amounts=MEMBERS,
        words=lambda inputs, amount: _vote(inputs, amount, _VOTED),
    ),
    Plan(
        name="infer_images",
        title="infer by a small U-Net",
        unit="images at 2048",
        memory="constant",
        amounts=IMAGES,
        words=_infer,
    ),
    Plan(
        name="preprocess_people",
        title="preprocess",
        unit="people, two hands at 2048 each",
        memory="constant",
        amounts=PEOPLE,
        words=_preprocess,
    ),
)


def inputs_in(folder: Path) -> Inputs:
    """The inputs of all plans, in a folder."""
    return Inputs(folder, most_people=PEOPLE[-1], test_images=_INFERRED)
