"""choice.json: how members are to vote."""

import json
import math
from dataclasses import asdict
from pathlib import Path

from handseg import bones
from handseg.ensemble import choice
from handseg.ensemble.choice import Choice, ChosenFamily, ChosenMember, Evidence, Interval
from handseg.settings import EnsembleSettings
from tests.fuzz.changes import trees
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_NAME = "choice.json"
_GAIN = Interval(mean=0.01, low=0.0, high=0.02)
_CHOICE = Choice(
    members=[
        ChosenMember(name=name, family=family, fold=0, checkpoint="a" * 64, given=1.0, weight=2.0)
        for name, family in (("m0", "f"), ("m1", "f"), ("m2", "g"))
    ],
    families=[ChosenFamily(name=name, given=1.0, weight=0.5) for name in ("f", "g")],
    thresholds=[0.5] * bones.COUNT,
    voting="soft",
    largest_component=False,
    settings=EnsembleSettings(),
    evidence=Evidence(
        images=4, people=2, nested_folds=2, given=0.8, chosen=0.81, gain=_GAIN, helps=True
    ),
)


def corpus() -> list[bytes]:
    """A choice of three members in two families."""
    return [json.dumps(asdict(_CHOICE)).encode()]


def read(content: bytes, folder: Path) -> None:
    """Read it: weights are numbers of 0 or more and not all 0, thresholds those of all bones."""
    path = folder / _NAME
    path.write_bytes(content)
    found = choice.read(path)
    must(len(found.rule.thresholds) == bones.COUNT, "other than a threshold for each bone")
    must(all(0 < one < 1 for one in found.rule.thresholds), "a threshold that is none")
    weights = [one.weight for one in found.members] + [one.weight for one in found.families]
    must(all(math.isfinite(one) and one >= 0 for one in weights), "a weight that is none")
    must(any(weights), "no weight at all")
    path.unlink()
    choice.write(path, found)
    must(choice.read(path) == found, "written, it differs")


TARGET = Target(corpus=corpus, read=read, change=trees.change, names=_NAME, most_bytes=8192)
