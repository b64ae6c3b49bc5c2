import optuna
import pytest

from handseg.commands import tune_trial
from handseg.settings import TrainSettings
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap


def line(step: int, dice: float | None, seconds: float = 0) -> tuple[Measurement, Lap]:
    measured = Measurement(step=step, epoch=0, loss=1, learning_rate=1e-3, input_px=64, dice=dice)
    return measured, Lap(step=step, seconds=seconds)


def study(*earlier: float) -> optuna.Study:
    """Of trials that had the same Dice at every part."""
    found = optuna.create_study(
        direction="maximize", pruner=optuna.pruners.MedianPruner(n_startup_trials=1)
    )
    for dice in earlier:
        values = dict.fromkeys(range(tune_trial.PARTS + 1), dice)
        found.add_trial(optuna.trial.create_trial(value=dice, intermediate_values=values))
    return found


TRAIN = TrainSettings(unit="steps", length=100)


def test_a_trial_below_the_median_is_given_up() -> None:
    judge = tune_trial.pruning(study(0.5, 0.6, 0.7).ask(), TRAIN)
    with pytest.raises(optuna.TrialPruned):
        judge(*line(50, 0.55))


def test_a_trial_above_the_median_goes_on() -> None:
    judge = tune_trial.pruning(study(0.5, 0.6, 0.7).ask(), TRAIN)
    judge(*line(50, 0.65))
    judge(*line(75, None))


def test_a_trial_that_is_over_is_not_given_up() -> None:
    tune_trial.pruning(study(0.5, 0.6, 0.7).ask(), TRAIN)(*line(100, 0.1))


def test_parts_without_a_validation_count_with_the_dice_before() -> None:
    trial = study().ask()
    judge = tune_trial.pruning(trial, TRAIN)
    for step, dice in ((2, 0.1), (10, 0.2), (11, 0.9), (25, 0.3)):
        judge(*line(step, dice))
    # Of 20 parts: 2 steps are in none, 10 and 11 end the 2nd, 25 the 5th.
    found = trial.study.trials[trial.number].intermediate_values
    assert found == {1: 0.1, 2: 0.2, 3: 0.9, 4: 0.9, 5: 0.3}


def test_a_training_given_in_minutes_is_judged_by_the_time_it_took() -> None:
    trial = study().ask()
    tune_trial.pruning(trial, TrainSettings(unit="minutes", length=10))(*line(3, 0.5, seconds=300))
    assert trial.study.trials[trial.number].intermediate_values == {10: 0.5}
