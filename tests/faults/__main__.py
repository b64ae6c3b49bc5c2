"""`make faults` and `make faults-gpu`: provoke faults for real, and print what happened."""

import sys
from pathlib import Path

import pytest
import torch
from jsonargparse import auto_cli

from tests.faults import table
from tests.faults.table import FaultTable

_HERE = Path(__file__).parent


def faults(
    *, json: str = "runs/faults.json", rows: list[int] | None = None, gpu: bool = False
) -> int:
    """Provoke faults through `handseg ...`, and print a table with a verdict per row.

    Args:
        json: File to write the table to, as a list of objects.
        rows: Rows to provoke; all by default.
        gpu: Provoke the row that needs a GPU, and no other.

    Returns:
        0 where every row that was provoked ended as it must and only row 14 was not, else 1; with
        `gpu` 2 where there is none.
    """
    if gpu and not torch.cuda.is_available():
        print(
            f"faults-gpu: torch {torch.__version__} finds no CUDA device; run it where "
            "`nvidia-smi` lists one, with a CUDA build of torch",
            file=sys.stderr,
        )
        return 2
    rows = [table.NEEDS_GPU] if gpu else rows
    collected = FaultTable()
    chosen = " or ".join(f"test_row_{row:02d}" for row in rows or [])
    words = [str(_HERE), "-n", "2", "-m", "fault", *(["-k", chosen] if chosen else [])]
    pytest.main(words, plugins=[collected])
    verdicts = [one for one in collected.verdicts() if not rows or one.row in rows]
    table.write(verdicts, Path(json))
    table.show(verdicts)
    left = {one.row for one in verdicts if one.ok is None}
    return 0 if left <= {table.NEEDS_GPU} and not any(one.ok is False for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(auto_cli(faults, as_positional=False))
