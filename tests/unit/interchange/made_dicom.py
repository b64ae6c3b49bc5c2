"""Small DICOM files, with what they are not to pass on."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

SECRET = "Doe^Jane-CANARY"


def write(path: Path, pixels: NDArray[np.integer], **changes: object) -> Path:
    """Write a 12-bit MONOCHROME2 image; a change of None leaves an entry out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    signed = pixels.dtype.kind == "i"
    entries: dict[str, object] = {
        "SOPClassUID": meta.MediaStorageSOPClassUID,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "PatientName": SECRET,
        "PatientID": "P17",
        "PatientBirthDate": "19700101",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": int(signed),
        "PixelData": pixels.astype("<i2" if signed else "<u2").tobytes(),
        **changes,
    }
    for name, value in entries.items():
        if value is not None:
            setattr(dataset, name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
