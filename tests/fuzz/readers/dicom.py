"""A DICOM file: its pixels as they are meant to be seen, and what is told of them."""

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from handseg.interchange import dicom
from tests.fuzz.changes import arrow
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_NAME = "image1.dcm"
_PIXELS = np.arange(42, dtype="<u2").reshape(6, 7) * 90
_ODD: tuple[Any, ...] = (
    *(None, "", "0", "x", "1e400", 0, 1, 7, 65_535, -1, 2**31 - 1),
    *([], ["1", "2"], ["0", "nan"], ["0.1"], [1, 2, 3], b"", b"\0\1", "MONOCHROME1", "RGB"),
)
_ENTRIES = {
    **{"Rows": 6, "Columns": 7, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2"},
    **{"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0},
    **{"PatientID": "P1", "SOPInstanceUID": "1.2.3", "PixelData": _PIXELS.tobytes()},
}
_MORE = {
    **{"WindowCenter": "1000", "WindowWidth": "2000", "RescaleSlope": "1", "RescaleIntercept": "0"},
    **{"PixelSpacing": ["0.1", "0.2"], "Laterality": "L", "NumberOfFrames": "1"},
}


def corpus() -> list[bytes]:
    """An image with and without what may be told of it."""
    return [_file(_ENTRIES), _file({**_ENTRIES, **_MORE})]


def _file(entries: dict[str, Any]) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name, value in entries.items():
        setattr(dataset, name, value)
    sink = io.BytesIO()
    dataset.save_as(sink, enforce_file_format=True)
    return sink.getvalue()


def read(content: bytes, folder: Path) -> None:
    """Read it: a grey image of 8 bits, and distances that are some."""
    path = folder / _NAME
    path.write_bytes(content)
    found = dicom.read(path)
    must(found.pixels.dtype == np.uint8 and found.pixels.ndim == 2, "no grey image")
    must(found.side in ("", "L", "R"), "a side that there is none of")
    for one in found.spacing_mm or ():
        must(math.isfinite(one) and one > 0, "a distance that is none")


def change(content: bytes, dice: Dice) -> bytes:
    """Change bytes of the file, or entries of it."""
    if dice.falls(0.5):
        return arrow.change_bytes(content, dice)
    names = dice.random.sample(sorted({**_ENTRIES, **_MORE}), dice.random.choice((1, 1, 2)))
    try:
        dataset = dcmread(io.BytesIO(content))
        for name in names:
            setattr(dataset, name, dice.random.choice(_ODD))
        sink = io.BytesIO()
        dataset.save_as(sink)
    # What pydicom cannot write is of no interest.
    except Exception:
        return arrow.change_bytes(content, dice)
    return sink.getvalue()


TARGET = Target(
    corpus=corpus, read=read, change=change, names=_NAME, most_bytes=2048, most_memory_mib=600
)
