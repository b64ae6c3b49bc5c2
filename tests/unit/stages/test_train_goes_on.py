"""A training in several calls: stopped, at its limit, otherwise than before, and from nothing."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput, Terminated, TimedOut
from handseg.settings import AugmentSettings
from handseg.stages.train import run_member
from handseg.storage.location import Location
from handseg.training import loop
from handseg.training.call import Call
from handseg.training.stopping import Ending
from tests.unit.stages.tiny_training import SETTINGS, make_data, task


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize("stop_at", [1, 3, 6])
def test_a_resumed_training_ends_with_the_uninterrupted_ones_weights(
    made: Path, tmp_path: Path, stop_at: int
) -> None:
    augmented = replace(SETTINGS, augment=AugmentSettings(contrast_fraction=0.2, grid_dropout=0.5))
    whole = loop.train(task(made, tmp_path / "whole", augmented))
    with pytest.raises(Terminated, match=f"stopped at step {stop_at}"):
        loop.train(task(made, tmp_path / "cut", augmented, stop_at=stop_at))
    resumed = loop.train(task(made, tmp_path / "cut", augmented))
    assert whole is not None and resumed is not None
    assert resumed.card == whole.card
    assert [point.step for point in whole.card.losses] == [1, 2, 3, 4, 5, 6]
    # Their names tell what they hold.
    assert (resumed.best.name, resumed.last.name) == (whole.best.name, whole.last.name)


def test_a_training_begun_otherwise_is_not_resumed(made: Path, tmp_path: Path) -> None:
    with pytest.raises(Terminated):
        loop.train(task(made, tmp_path / "cut", SETTINGS, stop_at=2))
    with pytest.raises(BadInput, match=r"settings\.batch_size: was 2, now 4"):
        loop.train(task(made, tmp_path / "cut", replace(SETTINGS, batch_size=4)))


def test_a_call_ends_at_its_limit_and_the_next_goes_on(made: Path, tmp_path: Path) -> None:
    over = Call(limit_minutes=1.0, began=time.monotonic() - 61)
    for step in (1, 2):
        with pytest.raises(TimedOut, match=f"tiny: limit_minutes 1 was reached at step {step}, "):
            loop.train(task(made, tmp_path / "cut", SETTINGS, call=over))
    whole = loop.train(task(made, tmp_path / "whole", SETTINGS))
    resumed = loop.train(task(made, tmp_path / "cut", SETTINGS))
    assert whole is not None and resumed is not None
    assert resumed.last.name == whole.last.name


def test_an_allowed_change_stands_in_the_card_from_its_step_on(made: Path, tmp_path: Path) -> None:
    changed = replace(SETTINGS, learning_rate=1e-3)
    with pytest.raises(Terminated):
        loop.train(task(made, tmp_path / "cut", SETTINGS, stop_at=2))
    with pytest.raises(BadInput, match="settings.learning_rate: was 0.01, now 0.001"):
        loop.train(task(made, tmp_path / "cut", changed))
    allowed = task(made, tmp_path / "cut", changed, stop_at=4, call=Call(allow_changes=True))
    with pytest.raises(Terminated, match="stopped at step 4"):
        loop.train(allowed)
    # What was allowed once is what it is.
    done = loop.train(task(made, tmp_path / "cut", replace(changed, workers=1)))
    assert done is not None
    assert [(c.step, c.setting, c.was, c.now) for c in done.card.changes] == [
        (2, "learning_rate", "0.01", "0.001"),
        (4, "workers", "0", "1"),
    ]
    assert [line.learning_rate for line in done.card.history] == [0.01, 0.001, 0.001]


def test_only_going_on_needs_something_to_go_on_with(made: Path, tmp_path: Path) -> None:
    (tmp_path / "member.partial").mkdir()
    for out, call in (("other", Call(resume=True)), ("member", Call(resume=True))):
        with pytest.raises(MissingInput, match=rf"{out}\.partial: holds no training to go on with"):
            run_member(
                cache=Location(str(made / "cache")), folds=Location(str(made / "folds.csv")),
                fold=0, out=Location(str(tmp_path / out)), settings=SETTINGS, call=call,
            )  # fmt: skip
    assert [path.name for path in tmp_path.rglob("*")] == ["member.partial"]


def test_a_validation_that_a_stop_left_out_is_made_up_for(made: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, validate_every=1000)
    whole = loop.train(task(made, tmp_path / "whole", settings))
    assert whole is not None
    steps = whole.card.steps
    with pytest.raises(Terminated, match=f"stopped at step {steps}"):
        loop.train(task(made, tmp_path / "cut", settings, stop_at=steps))
    resumed = loop.train(task(made, tmp_path / "cut", settings))
    assert resumed is not None
    assert resumed.card == whole.card
    assert len(whole.card.history) == 1


class _SigtermInValidation(Ending):
    """It comes when the first image of a validation is scored."""

    def leave(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        super().leave()


def test_sigterm_leaves_a_validation_and_the_next_call_makes_up_for_it(
    made: Path, tmp_path: Path
) -> None:
    whole = loop.train(task(made, tmp_path / "whole", SETTINGS))
    asked = replace(
        task(made, tmp_path / "cut", SETTINGS), ending=_SigtermInValidation("t", Call())
    )
    with pytest.raises(Terminated, match="t: stopped at step 2, which was saved"):
        loop.train(asked)
    assert not list((tmp_path / "cut").rglob("best-*"))
    resumed = loop.train(task(made, tmp_path / "cut", SETTINGS))
    assert whole is not None and resumed is not None
    assert [line.step for line in resumed.card.history] == [2, 4, 6]
    assert resumed.card == whole.card


def test_a_state_left_beside_a_complete_member_is_removed_by_the_next_call(
    made: Path, tmp_path: Path
) -> None:
    # What stands there after a kill between the checkpoint and the removal of the state.
    out, left = Location(str(tmp_path / "member")), tmp_path / "member.partial"

    def call(state: Location | None = None) -> None:
        run_member(
            cache=Location(str(made / "cache")), folds=Location(str(made / "folds.csv")),
            fold=0, out=out, state=state, settings=SETTINGS,
        )  # fmt: skip

    call()
    left.mkdir()
    (left / ".lock").write_text("{}")
    (left / "weights").write_text("large")
    call()
    assert not left.exists()
    # One that is named belongs to who named it.
    left.mkdir()
    call(Location(str(left)))
    assert left.exists()
