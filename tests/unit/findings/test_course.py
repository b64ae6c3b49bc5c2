from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from handseg.findings import course
from handseg.training.checkpoint import Measurement


def history(
    dice: Sequence[float], loss: Sequence[float], train: Sequence[float] | None = None
) -> list[Measurement]:
    """One validation after every epoch."""
    return [
        Measurement(
            step=10 * epoch,
            epoch=float(epoch),
            loss=loss[epoch - 1],
            learning_rate=1e-4,
            input_px=512,
            dice=dice[epoch - 1],
            train_dice=None if train is None else train[epoch - 1],
        )
        for epoch in range(1, len(dice) + 1)
    ]


RISING = [0.90, 0.93, 0.945, 0.951]
FALLING = [0.950, 0.947, 0.945, 0.943, 0.940, 0.938]
LOSSES = [0.5, 0.4, 0.3, 0.25, 0.2, 0.18, 0.16, 0.15, 0.14, 0.13]


def names(lines: Sequence[Measurement]) -> list[str]:
    return [finding.name for finding in course.of_history("fold-0", lines)]


def test_held_out_dice_that_falls_while_training_gets_better_is_over_training() -> None:
    (finding,) = course.of_history("fold-0", history(RISING + FALLING, LOSSES))
    assert str(finding) == (
        "over-training: member fold-0: held-out Dice was 0.9510 at epoch 4 and 0.9403 in the "
        "last 3 validations, while the training loss fell from 0.2500 to 0.1400"
    )


def test_dice_on_training_images_is_said_where_it_is_known() -> None:
    trained = [0.90, 0.93, 0.95, 0.96, 0.97, 0.972, 0.974, 0.976, 0.978, 0.98]
    (finding,) = course.of_history("m", history(RISING + FALLING, LOSSES, trained))
    assert finding.detail.endswith("(Dice on training images 0.9600, then 0.9800)")


def test_training_and_held_out_dice_that_come_apart_are_seen_sooner() -> None:
    # of 12 synthetic hands of 6 people that a small U-Net learned by heart, at 64 px
    dice = [0.1793, 0.3156, 0.3641, 0.3954, 0.4085, 0.4207, 0.4280, 0.4232, 0.4218, 0.4192, 0.4200,
            0.4134]  # fmt: skip
    trained = [0.3169, 0.5652, 0.7133, 0.7779, 0.8072, 0.8159, 0.8276, 0.8354, 0.8368, 0.8418,
               0.8454, 0.8471]  # fmt: skip
    losses = np.linspace(0.6, 0.2, 12).tolist()
    assert names(history(dice[:10], losses, trained)) == []
    assert names(history(dice, losses, trained)) == ["over-training"]
    assert names(history(dice, losses)) == []


def test_one_bad_validation_is_no_over_training() -> None:
    assert names(history([*RISING, 0.940, 0.9505, 0.951, 0.9508], LOSSES)) == []
    assert names(history([*RISING, *FALLING[:2]], LOSSES)) == []


def test_a_training_that_gets_worse_itself_is_no_over_training() -> None:
    assert names(history(RISING + FALLING, LOSSES[:4] + [0.5] * 6)) == []


def test_the_luckiest_of_many_noisy_validations_is_hardly_ever_over_training() -> None:
    falling = np.linspace(0.5, 0.1, 60).tolist()
    noise = np.random.default_rng(0).normal(0, 0.01, (100, 60))
    found = [names(history((0.95 + some).tolist(), falling)) for some in noise]
    assert sum(map(len, found)) <= 3


def test_a_slow_decline_is_seen_through_the_noise_of_validation() -> None:
    falling = np.linspace(0.5, 0.1, 60).tolist()
    decline = 0.95 - 0.0006 * np.arange(60)
    noise = np.random.default_rng(0).normal(0, 0.002, (100, 60))
    found = [names(history((decline + some).tolist(), falling)) for some in noise]
    assert sum(map(len, found)) >= 97


def test_sizes_are_compared_with_themselves_alone() -> None:
    lines = history([*RISING, *[0.94] * 6], LOSSES)
    assert names(lines) == ["over-training"]
    smaller = [replace(line, input_px=256) for line in lines[:4]]
    assert names([*smaller, *lines[4:]]) == []


def test_a_held_out_fold_better_than_training_images_may_leak() -> None:
    lines = history([0.94, 0.97], [0.3, 0.2], [0.93, 0.95])
    (finding,) = course.of_history("m", lines)
    assert (finding.name, finding.about) == ("leaking folds", "member m")
    assert "0.9700 at epoch 2 is far above the 0.9500" in finding.detail
    assert names(history([0.94, 0.95], [0.3, 0.2], [0.93, 0.955])) == []
    # early, images differ more than networks do
    assert names(history([0.45], [0.9], [0.40])) == []
    assert names(history([0.61], [0.2], [0.34])) == []


def test_a_history_without_validations_says_nothing() -> None:
    assert names([]) == []
    assert names([replace(history([0.9], [0.1])[0], dice=None)]) == []
