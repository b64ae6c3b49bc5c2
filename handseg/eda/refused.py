"""What other commands refuse, as findings that come before all others."""

from collections.abc import Sequence

from handseg import bones
from handseg.dataset.fault import Fault
from handseg.eda.outlier import FAULT, Outlier

_LISTED = 3
"""Faults of one image; an annotation of another image's size has one for each bone."""


def of_faults(image_name: str, faults: Sequence[Fault]) -> list[Outlier]:
    """Say what is wrong with an image or its annotation.

    Args:
        image_name: whose they are.
        faults: of its files. Paths are left out of what is said, since they name people.
    """
    found = [_finding(image_name, fault) for fault in faults[:_LISTED]]
    if len(faults) > _LISTED:
        more = f"{len(faults) - _LISTED} more faults; `handseg check` lists them all"
        found.append(Outlier(image_name=image_name, bones=(), reason=more, score=FAULT))
    return found


def _finding(image_name: str, fault: Fault) -> Outlier:
    bone = fault.path.rpartition(": ")[2]
    named = (bone,) if bone in bones.CLASS_ID else tuple(fault.value.split(", "))
    place = f"{bone}, " if bone in bones.CLASS_ID else ""
    value = f" ({fault.value})" if fault.value else ""
    return Outlier(
        image_name=image_name,
        bones=named if set(named) <= bones.CLASS_ID.keys() else (),
        reason=f"refused: {place}{fault.fault}{value}; {fault.remedy}",
        score=FAULT,
    )
