import numpy as np
import pytest

from handseg.dataset.phantom.traits import RING_SHARE, ROTATED_BLOCK, TILTED_SHARE, traits_of


@pytest.mark.parametrize("seed", range(20))
def test_shares_hold_for_any_run_of_fifty_people(seed: int) -> None:
    train = [traits_of(seed, "train", person) for person in range(50)]
    test = [traits_of(seed, "test", person) for person in range(50)]
    # a person more or less of fifty is 0.02
    assert np.mean([t.is_tilted for t in train]) == pytest.approx(TILTED_SHARE["train"], abs=0.031)
    assert np.mean([t.is_tilted for t in test]) == pytest.approx(TILTED_SHARE["test"], abs=0.031)
    assert np.mean([t.has_ring for t in train]) == pytest.approx(RING_SHARE, abs=0.041)


def test_rotated_hands_come_in_blocks() -> None:
    count, period = ROTATED_BLOCK
    rotated = [traits_of(7, "train", person).is_rotated for person in range(4 * period)]
    assert sum(rotated) == 4 * count
    begins = sum(
        now and not before for before, now in zip([False, *rotated], rotated, strict=False)
    )
    assert begins in (4, 5)  # five where the first block is cut
