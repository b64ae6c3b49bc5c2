"""Every row, in the order of the table."""

from tests.benchmarks import (
    rows_images,
    rows_loss,
    rows_masks,
    rows_network,
    rows_samples,
    rows_store,
    rows_tail,
    rows_votes,
)
from tests.benchmarks.row import Row

ROWS: tuple[Row, ...] = (
    *rows_masks.ROWS,
    *rows_store.ROWS,
    *rows_votes.ROWS,
    *rows_images.ROWS,
    *rows_samples.ROWS,
    *rows_loss.ROWS,
    *rows_tail.ROWS,
    *rows_network.ROWS,
)
"""Names are stable: machines read them."""
