import time

import pytest

from handseg.errors import BadInput
from handseg.training.call import Call


def test_a_call_without_a_limit_is_never_over() -> None:
    assert not Call(began=0.0).is_over


def test_a_call_is_over_once_its_minutes_are() -> None:
    minute_ago = time.monotonic() - 60
    assert Call(limit_minutes=0.99, began=minute_ago).is_over
    assert not Call(limit_minutes=10, began=minute_ago).is_over


@pytest.mark.parametrize("minutes", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(minutes: float) -> None:
    with pytest.raises(BadInput, match=f"limit_minutes is {minutes}; give 0"):
        Call(limit_minutes=minutes)
