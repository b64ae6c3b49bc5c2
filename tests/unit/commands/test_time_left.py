from handseg.commands.plan import Step
from handseg.commands.time_left import TimeLeft
from handseg.storage.location import Location


def step(stage: str, minutes: float | None = None) -> Step:
    return Step(stage=stage, title=stage, out=Location("x"), arguments={}, minutes=minutes)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert TimeLeft().of([step("split"), step("train")]) == ""


def test_before_the_first_member_the_length_asked_for_counts() -> None:
    # 3 + 3 minutes of training; how long a report takes is not known
    assert TimeLeft().of([step("train", 3), step("train", 3), step("report")]) == (
        "at least 6 min left"
    )


def test_afterwards_what_members_really_took_counts() -> None:
    clock = TimeLeft()
    clock.note(step("train", 3), 200.0)
    clock.note(step("train", 3), 280.0)
    # the mean of 200 s and 280 s is 4 minutes
    assert clock.of([step("train", 3)]) == "about 4 min left"


def test_short_times_are_in_seconds_and_never_nothing() -> None:
    clock = TimeLeft()
    clock.note(step("infer"), 12.4)
    clock.note(step("report"), 0.01)
    assert clock.of([step("infer"), step("infer")]) == "about 25 s left"
    assert clock.of([step("report")]) == "about 1 s left"
