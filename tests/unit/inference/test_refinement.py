"""The refinement of one class equals the network's, and its bound is never exceeded."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from handseg.inference import refinement
from handseg.inference.refinement import ClassRefinement, Frame
from handseg.models.refine import Refine


def _random(classes: int, seed: int) -> Refine:
    torch.manual_seed(seed)
    refine = Refine(classes)
    for parameter in refine.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return refine


def _by_torch(refine: Refine, plane: NDArray[np.float32], class_id: int) -> NDArray[np.float32]:
    with torch.no_grad():
        found = refine.classes(torch.from_numpy(plane)[None, None], class_id)
    return np.asarray(found[0, 0].numpy(), np.float32)


def test_identity_has_a_kernel_of_one() -> None:
    (single,) = refinement.of_classes(Refine(1))
    assert np.array_equal(single.parts[0], np.zeros((5, 5)))
    assert np.array_equal(single.parts[1], np.ones((5, 5)))
    assert np.array_equal(single.parts[2], np.zeros((5, 5)))


def test_kernel_at_the_frame_by_hand() -> None:
    # First: 1 for the pixel, bias 3. Second: 2 for the pixel above, -1 for itself, bias 5.
    # Further in: 5 + 2 (3 + z above) - (3 + z) = 8 + 2 above - z. In the first row the pixel above
    # is padding, without z and without the first bias: 5 - (3 + z) = 2 - z.
    zero = np.zeros((3, 3), np.float32)
    widen, merge = zero.copy(), zero.copy()
    widen[1, 1], merge[0, 1], merge[1, 1] = 1, 2, -1
    single = ClassRefinement(
        widen=np.stack([widen, zero]),
        widen_bias=np.array([3, 0], np.float32),
        merge=np.stack([merge, zero]),
        merge_bias=5.0,
    )
    assert single.parts[:, 2, 2].tolist() == [8, 2, -1]
    assert single.parts[:, 0, 2].tolist() == [2, 0, -1]
    assert single.parts[:, 4, 0].tolist() == [8, 2, -1]
    assert single.gain == 3
    plane = np.array([[1, 1], [10, 10]], np.float32)
    assert single.apply(plane).tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize("seed", range(3))
def test_each_class_equals_the_network(seed: int) -> None:
    refine = _random(3, seed)
    plane = np.random.default_rng(seed).normal(0, 5, (9, 13)).astype(np.float32)
    for class_id, single in enumerate(refinement.of_classes(refine)):
        expected = _by_torch(refine, plane, class_id)
        np.testing.assert_allclose(single.apply(plane), expected, atol=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_no_pixel_exceeds_the_bound_of_a_cell_over_the_plane(seed: int) -> None:
    refine = _random(1, seed)
    (single,) = refinement.of_classes(refine)
    extremes = np.random.default_rng(seed).choice([-9.0, 4.0], (200, 6, 7)).astype(np.float32)
    lowest, highest = np.full((1, 1), -9, np.float32), np.full((1, 1), 4, np.float32)
    bound = single.upper_bound(lowest, highest, Frame()).item()
    found = max(_by_torch(refine, plane, 0).max() for plane in extremes)
    assert found <= bound + 1e-4


def test_cell_at_an_edge_that_is_not_the_frame_has_the_inner_bound() -> None:
    (single,) = refinement.of_classes(_random(1, 0))
    lowest, highest = np.full((3, 3), -9, np.float32), np.full((3, 3), 4, np.float32)
    bound = single.upper_bound(lowest, highest, Frame(False, False, False, False))
    assert np.ptp(bound) == 0
    framed = single.upper_bound(lowest, highest, Frame())
    assert framed[1, 1] == bound[1, 1] and (framed >= bound).all()
