"""Every row, in the order of the table."""

from tests.benchmarks import rows_images, rows_masks, rows_training, rows_votes
from tests.benchmarks.row import Row

_ORDER = (
    "rle_full", "rle_roi", "store_size", "store_write", "store_read", "vote", "vote_memory",
    "ensemble_288x5", "masks", "augment_vertex", "augment_raster", "sample_2048",
    "sample_2048_cache", "sample_512", "sharpen_png", "sharpen_cache", "loss_memory", "loss_time",
    "tail", "trunk_bf16", "dice",
)  # fmt: skip
BY_NAME: dict[str, Row] = {
    row.name: row
    for rows in (rows_masks.ROWS, rows_votes.ROWS, rows_images.ROWS, rows_training.ROWS)
    for row in rows
}
ROWS = tuple(BY_NAME[name] for name in _ORDER)
"""Names are stable: machines read them."""
