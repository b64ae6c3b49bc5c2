"""Faults as one refusal, for stages that cannot work with them."""

from collections.abc import Sequence

from handseg.dataset.fault import Fault
from handseg.errors import BadInput

_LISTED = 20


def refuse(faults: Sequence[Fault]) -> None:
    """Do nothing where there are no faults.

    Raises:
        BadInput: lists the first faults, one a line, and says how many more there are.
    """
    if not faults:
        return
    lines = [line(fault) for fault in faults[:_LISTED]]
    if len(faults) > _LISTED:
        lines.append(f"and {len(faults) - _LISTED} more; `handseg check DATA` lists them all")
    raise BadInput("\n".join(lines))


def line(fault: Fault) -> str:
    """A fault as one line."""
    value = f" ({fault.value})" if fault.value else ""
    return f"{fault.path}: {fault.fault}{value}; {fault.remedy}"
