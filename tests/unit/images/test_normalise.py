"""Images reach the network by area, normalised, in three equal channels."""

import numpy as np
import pytest
import torch

from handseg.images import normalise


def test_shrinking_takes_the_mean_of_the_area() -> None:
    # Each 2x2 square: (0 + 4 + 8 + 12) / 4 = 6; bilinear sampling at half the grid would agree,
    # at a quarter it would not: 4x4 of one 16-valued pixel is 16 / 16 = 1.
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0:2, 0:2] = [[0, 4], [8, 12]]
    pixels[4, 4] = 16
    assert normalise.to_input(pixels, 4)[0, 0] == 6
    assert normalise.to_input(pixels, 2)[1, 1] == 1


def test_image_of_the_right_size_is_untouched() -> None:
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert np.array_equal(normalise.to_input(pixels, 4), pixels)


@pytest.mark.parametrize("shape", [(30, 50), (10, 50), (5, 7)])
def test_any_shape_is_stretched_to_the_square(shape: tuple[int, int]) -> None:
    found = normalise.to_input(np.full(shape, 77, np.uint8), 16)
    assert found.shape == (16, 16) and found.dtype == np.uint8
    assert (found == 77).all()


def test_mean_becomes_zero_and_a_standard_deviation_one() -> None:
    # 255 (0.124 + 0.168) = 74.46; 74 / 255 = 0.290196; (0.290196 - 0.124) / 0.168 = 0.98926
    found = normalise.to_tensor(torch.tensor([[[0, 74]]], dtype=torch.uint8))
    assert found.shape == (1, 3, 1, 2)
    assert torch.equal(found[:, 0], found[:, 2])
    torch.testing.assert_close(found[0, 0, 0], torch.tensor([-0.124 / 0.168, 0.98926]))


def test_tensor_is_channels_last() -> None:
    found = normalise.to_tensor(torch.zeros(2, 4, 4, dtype=torch.uint8))
    assert found.is_contiguous(memory_format=torch.channels_last)
