"""How `check` and `validate` answer: every fault, for people or as JSON, and the exit code."""

from collections.abc import Sequence
from dataclasses import asdict
from json import dumps

from handseg.dataset.fault import Fault
from handseg.dataset.refusal import line
from handseg.errors import BadInput


def answer(faults: Sequence[Fault], *, fine: str, json: bool) -> int:
    """Print faults on stdout.

    Args:
        faults: all there are.
        fine: what to say where there are none.
        json: print `{"ok", "faults": [{"path", "fault", "value", "remedy"}]}` and nothing else.

    Returns:
        0 without faults, 2 with any.
    """
    if json:
        print(dumps({"ok": not faults, "faults": [asdict(fault) for fault in faults]}, indent=1))
    else:
        for fault in faults:
            print(line(fault))
        print(f"{len(faults)} fault{'s'[: len(faults) != 1]}" if faults else fine)
    return BadInput.exit_code if faults else 0
