import pytest
import torch

from handseg.training.reading import Reading


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_a_reading_is_the_number_that_was_there(device: str) -> None:
    number = torch.tensor(2.5, device=device)
    reading = Reading(number)
    later = number * 2
    assert reading.value() == 2.5
    assert Reading(later).value() == 5.0
