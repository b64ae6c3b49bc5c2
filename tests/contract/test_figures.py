"""The headline figures: each has its make target, and one that is missed is not passed over."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.contract.source_tree import ROOT
from tests.faults.figures import __main__ as command
from tests.faults.figures.figure import Figure, Provoke, Trial


@contextmanager
def _prepare(shared: Path) -> Iterator[Provoke]:
    seen: list[float] = []

    def provoke(folder: Path, generator: np.random.Generator) -> Trial:
        seen.append(generator.random())
        assert not list(folder.iterdir())
        assert len(seen) != 2, "the second is missed"
        return Trial(at=f"{seen[-1]:.3f}", happened="ended", ok=True, seconds=float(len(seen)))

    yield provoke


FIGURE = Figure(title="trials", claim="trials ended", prepare=_prepare, seconds="to the end")


def test_every_figure_has_its_make_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"^([a-z0-9-]+):.*\n\t.*tests\.faults\.figures (\S+)", text, re.MULTILINE)
    assert dict(commands) == {name: name for name in command.FIGURES}


@pytest.mark.parametrize(("times", "code"), [(1, 0), (3, 1)])
def test_a_missed_trial_is_counted_and_ends_with_1(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    times: int,
    code: int,
) -> None:
    monkeypatch.setitem(command.FIGURES, "some", FIGURE)
    assert command.figures("some", times=times, out=tmp_path) == code
    found = json.loads((tmp_path / "some.json").read_text(encoding="utf-8"))
    assert (found["met"], found["of"]) == (times - code, times)
    assert [trial["ok"] for trial in found["trials"]] == [True, False, True][:times]
    said = capsys.readouterr().out
    assert f"{times - code} of {times} trials ended; to the end" in said
    assert ("MISSED" in said) == (code == 1)


def test_the_same_seed_gives_the_same_moments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(command.FIGURES, "some", FIGURE)
    for name in ("one", "two"):
        command.figures("some", times=1, seed=7, out=tmp_path / name)
    one, two = (json.loads((tmp_path / name / "some.json").read_text()) for name in ("one", "two"))
    assert one["trials"] == two["trials"]


def test_an_unknown_figure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.figures("nothing") == 2
    assert "nothing: no figure; there are kill-training" in capsys.readouterr().err
