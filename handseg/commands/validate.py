"""`handseg validate`: every fault of a submission, for its data."""

from handseg import bones
from handseg.commands import faults
from handseg.dataset import layout
from handseg.ensemble import conformity
from handseg.storage import raw
from handseg.storage.location import Location


def validate(*, data: Location, submission: Location, json: bool = False) -> int:
    """Report every fault of a CSV: rows left out, given twice or out of order, and broken RLE.

    It should cover the images of the test part, or those of the train part where there is none.

    Args:
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        submission: CSV: image_name,class,rle.
        json: Print JSON instead of a line for each fault.

    Returns:
        0, or 2 where there is a fault.
    """
    records = layout.scan(raw.reading_raw(data))
    found = conformity.check(raw.reading_raw(submission), records)
    covered = conformity.covered(records)
    fine = f"no fault: {len(covered)} images of the {covered[0].part} part, {bones.COUNT} rows each"
    return faults.answer(found, fine=fine, json=json)
