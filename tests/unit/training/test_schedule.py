from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from handseg.settings import ModelSettings, TrainSettings
from handseg.training import schedule


def _settings(**changes: object) -> TrainSettings:
    return TrainSettings(model=ModelSettings(input_px=64, output_px=64), **changes)  # type: ignore[arg-type]


def test_epochs_become_steps() -> None:
    # 3 epochs of 10 images in batches of 4: 30 / 4 = 7.5, so 8 steps
    plan = schedule.plan_counted(_settings(length=3, unit="epochs", batch_size=4), 10)
    assert plan.total == 8


def test_whole_epochs_do_not_gain_a_step_from_rounding() -> None:
    plan = schedule.plan_counted(_settings(length=0.3, unit="epochs", batch_size=1), 10)
    assert plan.total == 3


def test_sizes_share_the_steps() -> None:
    settings = _settings(
        length=20, unit="steps", sizes_px=[32, 48, 64], sizes_fraction=[0.35, 0.35, 0.3]
    )
    plan = schedule.plan_counted(settings, 10)
    assert plan.steps == [7, 7, 6]
    assert [plan.size_at(step) for step in (0, 6, 7, 13, 14, 19)] == [32, 32, 48, 48, 64, 64]


def test_minutes_become_steps_by_measured_seconds() -> None:
    settings = _settings(length=1, unit="minutes", sizes_px=[32, 64], sizes_fraction=[0.5, 0.5])
    # 50 s left: 25 s at 0.1 s a step, 25 s at 0.5 s a step
    plan = schedule.plan_timed(settings, 10, [0.1, 0.5], 50.0)
    assert plan.steps == [250, 50]


def test_every_image_is_seen_once_an_epoch() -> None:
    settings = _settings(batch_size=4)
    plan = schedule.Plan(sizes_px=[64], steps=[5], fractions=[1.0], images=10)
    seen = [draw.index for batch in schedule.batches(settings, plan) for draw in batch]
    assert Counter(seen) == dict.fromkeys(range(10), 2)


@given(start=st.integers(0, 11), seed=st.integers(0, 99))
def test_a_resumed_order_is_the_rest_of_the_whole_order(start: int, seed: int) -> None:
    settings = _settings(batch_size=3, seed=seed)
    plan = schedule.Plan(sizes_px=[32, 64], steps=[5, 7], fractions=[0.5, 0.5], images=7)
    whole = list(schedule.batches(settings, plan))
    assert list(schedule.batches(settings, plan, start=start)) == whole[start:]


def test_processes_share_a_batch_without_overlap() -> None:
    settings = _settings(batch_size=4)
    plan = schedule.Plan(sizes_px=[64], steps=[3], fractions=[1.0], images=6)
    whole = list(schedule.batches(settings, plan))
    first = schedule.batches(settings, plan, rank=0, ranks=2)
    second = schedule.batches(settings, plan, rank=1, ranks=2)
    for batch, one, two in zip(whole, first, second, strict=True):
        assert {d.seed for d in [*one, *two]} == {d.seed for d in batch}
        assert len(one) == len(two) == 2


def test_the_rate_warms_up_and_decays_to_a_hundredth() -> None:
    settings = _settings(learning_rate=1.0, schedule="linear", warmup_fraction=0.1)
    plan = schedule.Plan(sizes_px=[64], steps=[100], fractions=[1.0], images=5)
    rates = [schedule.learning_rate(settings, plan, step) for step in range(100)]
    assert abs(rates[0] - 0.1) < 1e-9  # a tenth of the warm-up of 10 steps
    assert max(rates) == rates[9] == 1.0
    assert abs(rates[-1] - 0.01) < 1e-9


def test_validations_come_every_n_epochs_and_at_the_end() -> None:
    settings = _settings(batch_size=2, validate_every=2)
    plan = schedule.Plan(sizes_px=[64], steps=[14], fractions=[1.0], images=5)
    # two epochs of 5 images in batches of 2 are 5 steps
    steps = [step for step in range(14) if schedule.validates_after(settings, plan, step)]
    assert steps == [4, 9, 13]


def test_phases_share_the_schedule_by_their_part_not_their_steps() -> None:
    plan = schedule.Plan(sizes_px=[32, 64], steps=[80, 20], fractions=[0.5, 0.5], images=5)
    # 40 of the first phase's 80 steps are half of its half, its last step is all of it
    assert plan.done_after(39) == 0.25
    assert plan.done_after(79) == 0.5
    assert plan.done_after(89) == 0.75
    assert plan.done_after(99) == 1.0
