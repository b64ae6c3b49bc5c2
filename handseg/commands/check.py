"""`handseg check`: every fault of a data folder."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from handseg.commands import faults
from handseg.dataset import check as checking
from handseg.dataset.fault import Fault
from handseg.dataset.refusal import line
from handseg.storage import raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)


def check(data: Location, *, json: bool = False) -> int:
    """Report every fault of a data folder: names, pairs, images, polygons, the same pixels twice.

    What is odd but usable is said in log lines, one for each kind, and is no fault.

    Args:
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        json: Print JSON instead of a line for each fault.

    Returns:
        0, or 2 where there is a fault.
    """
    root = raw.reading_raw(data)
    report = checking.check_data(root)
    _log_remarks([_as_given(remark, root, data) for remark in report.remarks])
    fine = f"no fault: {report.images} images of {report.people} people"
    found = [_as_given(fault, root, data) for fault in report.faults]
    return faults.answer(found, fine=fine, json=json)


def _as_given(fault: Fault, root: Path, data: Location) -> Fault:
    """A fault that names its file in an object store, not the copy that was looked at."""
    named = {key: text.replace(str(root), data.uri) for key, text in asdict(fault).items()}
    return Fault(**named) if data.is_remote else fault


def _log_remarks(remarks: Sequence[Fault]) -> None:
    """One line for each kind, since real outlines cross themselves by the hundred."""
    counts = Counter(remark.fault for remark in remarks)
    for remark in remarks:
        count = counts.pop(remark.fault, 0)
        if count:
            more = f" - and {count - 1} more, which --log-level debug lists" if count > 1 else ""
            logger.warning("%s%s", line(remark), more)
        else:
            logger.debug("%s", line(remark))
