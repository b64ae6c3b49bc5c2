"""X-rays from DICOM files: pixels as they are meant to be seen, in 8 bits, and nothing of the rest.

Applied in the standard's order (PS3.4, N.2): rescale, then the file's own window or VOI LUT (where
it has none, its least and greatest value become black and white), then MONOCHROME1 is inverted.
Refused: colour, several frames, and compressions that no installed decoder reads.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from handseg.errors import BadInput, shown, told

_WHITE = 255
_MOST_PIXELS = 100_000_000
_INVERTED = "MONOCHROME1"
_GREY = (_INVERTED, "MONOCHROME2")
_OF_PYDICOM = (
    *(InvalidDicomError, OSError, EOFError, ValueError, TypeError, AttributeError, LookupError),
    *(ArithmeticError, RuntimeError, MemoryError, BytesLengthException, struct.error),
)
"""What it raises of entries that are not as they should be, most often when they are first read."""
_SCALES = ("RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth")


@dataclass(frozen=True, kw_only=True, eq=False)
class Radiograph:
    """What is taken from one file."""

    pixels: NDArray[np.uint8]
    """(H, W), bone bright."""
    patient: str
    """PatientID, empty where it has none."""
    uid: str
    """SOPInstanceUID."""
    side: str
    """L, R, or empty where the file does not tell."""
    spacing_mm: tuple[float, float] | None
    """Distance of rows and of columns; None where the file does not tell."""
    spacing_from: str
    """Which entry told it."""
    window: str
    """How grey values became 8 bits, in a few words."""


def read(path: Path) -> Radiograph:
    """Read one file.

    Raises:
        BadInput: it is no DICOM image, or of a refused kind.
    """
    try:
        meta = read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            # Pydicom inflates it whole, whatever it may grow to.
            raise BadInput(f"{path}: is deflated; export it uncompressed")
        return _radiograph(dcmread(path), path)
    except BadInput:
        raise
    except _OF_PYDICOM as error:
        fault = f"no readable DICOM file ({told(error) or type(error).__name__})"
        raise BadInput(f"{path}: {fault}; export it again") from error


def _radiograph(dataset: Dataset, path: Path) -> Radiograph:
    _check(dataset, path)
    grey, window = _to_grey(dataset, path)
    spacing, source = _spacing(dataset, path)
    return Radiograph(
        pixels=grey,
        patient=str(dataset.get("PatientID", "") or "").strip(),
        uid=str(dataset.get("SOPInstanceUID", "")),
        side=_side(dataset),
        spacing_mm=spacing,
        spacing_from=source,
        window=window,
    )


def _check(dataset: Dataset, path: Path) -> None:
    rows, columns = int(dataset.get("Rows", 0) or 0), int(dataset.get("Columns", 0) or 0)
    if "PixelData" not in dataset or not rows * columns:
        raise BadInput(f"{path}: holds no pixels; leave it out")
    if rows * columns > _MOST_PIXELS:
        raise BadInput(f"{path}: {columns} x {rows} pixels, more than {_MOST_PIXELS}; shrink it")
    kind = str(dataset.get("PhotometricInterpretation", ""))
    if kind not in _GREY or int(dataset.get("SamplesPerPixel", 1)) != 1:
        raise BadInput(f"{path}: is {told(kind) or 'of no stated kind'}; give grey X-rays")
    for name in _SCALES:
        scale = [float(part) for part in np.atleast_1d(dataset.get(name, None) or 0.0)]
        if not np.isfinite(scale).all():
            raise BadInput(f"{path}: {name} is {shown(scale)}; correct it, or remove it")
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    if frames != 1:
        raise BadInput(f"{path}: holds {shown(frames)} frames; give one image a file")


def _to_grey(dataset: Dataset, path: Path) -> tuple[NDArray[np.uint8], str]:
    try:
        stored = pixel_array(dataset)
    except (RuntimeError, AttributeError, ValueError) as error:
        syntax = getattr(dataset.file_meta, "TransferSyntaxUID", None)
        name = told(getattr(syntax, "name", "unknown"))
        raise BadInput(
            f"{path}: its pixels ({name}) cannot be decoded; pip install pylibjpeg "
            "pylibjpeg-libjpeg pylibjpeg-openjpeg, or export it uncompressed"
        ) from error
    if stored.shape != (int(dataset.Rows), int(dataset.Columns)):
        raise BadInput(f"{path}: its pixels are not those of one image; export it again")
    values = np.asarray(apply_modality_lut(stored, dataset), np.float64)
    if "WindowCenter" in dataset or "VOILUTSequence" in dataset:
        shown = np.asarray(apply_voi_lut(values if _is_windowed(dataset) else stored, dataset))
        low, high = _output_range(dataset)
        window = "the file's window" if _is_windowed(dataset) else "the file's VOI LUT"
    else:
        shown, low, high = values, float(values.min()), float(values.max())
        window = f"least to greatest value, {low:g} to {high:g}"
    if not np.isfinite([low, high, shown.min(), shown.max()]).all():
        raise BadInput(f"{path}: its grey values are not finite; correct its rescaling or window")
    scale = _WHITE / (high - low) if high > low else 0.0
    grey = np.clip(np.rint((shown.astype(np.float64) - low) * scale), 0, _WHITE).astype(np.uint8)
    if dataset.PhotometricInterpretation == _INVERTED:
        grey = _WHITE - grey
    return np.ascontiguousarray(grey), window


def _is_windowed(dataset: Dataset) -> bool:
    """Pydicom takes a VOI LUT where there are both."""
    return "VOILUTSequence" not in dataset


def _output_range(dataset: Dataset) -> tuple[float, float]:
    """What the lowest and highest value after windowing, or after the LUT, stand for."""
    if not _is_windowed(dataset):
        return 0.0, 2.0 ** int(dataset.VOILUTSequence[0].LUTDescriptor[2]) - 1
    bits = int(dataset.BitsStored)
    signed = int(dataset.get("PixelRepresentation", 0)) == 1
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope = float(dataset.get("RescaleSlope", 1) or 1)
    intercept = float(dataset.get("RescaleIntercept", 0) or 0)
    return low * slope + intercept, high * slope + intercept


def _spacing(dataset: Dataset, path: Path) -> tuple[tuple[float, float] | None, str]:
    for name in ("PixelSpacing", "ImagerPixelSpacing"):
        value = dataset.get(name)
        if value:
            row, column = (float(part) for part in value)
            if not (np.isfinite([row, column]).all() and row > 0 and column > 0):
                raise BadInput(f"{path}: {name} is {row} x {column} mm; correct it, or remove it")
            return (row, column), name
    return None, ""


def _side(dataset: Dataset) -> str:
    for name in ("ImageLaterality", "Laterality"):
        side = str(dataset.get(name, "") or "").strip().upper()
        if side in ("L", "R"):
            return side
    return ""
