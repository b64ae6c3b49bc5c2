import numpy as np
from numpy.typing import NDArray

from handseg.findings import mistaken
from handseg.masks import rle


def runs(*columns: int) -> rle.Runs:
    """A mask of 4 x 8 pixels, whole columns of it."""
    mask: NDArray[np.bool_] = np.zeros((4, 8), bool)
    mask[:, list(columns)] = True
    return rle.runs_of(mask)


def test_pixels_are_counted_by_the_bone_they_were_taken_for() -> None:
    truth = [runs(0, 1, 2), runs(5, 6)]
    predicted = [runs(0, 1), runs(2, 5)]
    # Of the first bone's 3 columns of 4 pixels 2 were found, and 1 taken for the second.
    assert mistaken.counts(predicted, truth).tolist() == [[8, 4], [0, 4]]


def test_what_two_bones_share_in_truth_is_no_mistake() -> None:
    truth = [runs(0, 1, 2), runs(2, 3)]
    assert mistaken.counts(truth, truth).tolist() == [[12, 0], [0, 8]]


def test_nothing_found_is_nothing_mistaken() -> None:
    empty = runs()
    assert not mistaken.counts([empty, empty], [runs(1), runs(2)]).any()
