from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from handseg.errors import BadInput
from handseg.interchange import dicom
from tests.unit.interchange.made_dicom import write

RAMP = np.array([[0, 1000], [2000, 4095]], np.uint16)


def test_without_a_window_least_is_black_and_greatest_white(tmp_path: Path) -> None:
    found = dicom.read(write(tmp_path / "a.dcm", RAMP))
    # 1000 / 4095 * 255 = 62.3, 2000 / 4095 * 255 = 124.5
    assert found.pixels.tolist() == [[0, 62], [125, 255]]
    assert found.window == "least to greatest value, 0 to 4095"
    assert found.spacing_mm is None


def test_white_bone_is_made_of_black_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", RAMP, PhotometricInterpretation="MONOCHROME1")
    assert dicom.read(path).pixels.tolist() == [[255, 193], [130, 0]]


def test_the_files_window_is_applied(tmp_path: Path) -> None:
    # Linear, centre 2048.5 and width 2049: black up to 1024, white from 3072 on (PS3.3, C.11.2).
    pixels = np.array([[0, 1024], [2048, 3072]], np.uint16)
    path = write(tmp_path / "a.dcm", pixels, WindowCenter="2048.5", WindowWidth="2049")
    assert dicom.read(path).pixels.tolist() == [[0, 0], [128, 255]]


def test_values_are_rescaled_before_they_are_windowed(tmp_path: Path) -> None:
    # 2 x - 1000: 500 becomes 0, 1500 becomes 2000.
    pixels = np.array([[500, 1500]], np.uint16)
    window = {"RescaleSlope": "2", "RescaleIntercept": "-1000", "WindowCenter": "1000.5"}
    path = write(tmp_path / "a.dcm", pixels, WindowWidth="2001", **window)
    assert dicom.read(path).pixels.tolist() == [[0, 255]]


def test_signed_values_are_taken_as_such(tmp_path: Path) -> None:
    found = dicom.read(write(tmp_path / "a.dcm", np.array([[-100, 4, 100]], np.int16)))
    # 104 / 200 * 255 = 132.6
    assert found.pixels.tolist() == [[0, 133, 255]]


def test_spacing_and_side_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", RAMP, ImagerPixelSpacing=["0.1", "0.2"], ImageLaterality="R")
    found = dicom.read(path)
    assert (found.spacing_mm, found.spacing_from) == ((0.1, 0.2), "ImagerPixelSpacing")
    assert (found.side, found.patient) == ("R", "P17")


def test_a_constant_image_is_black(tmp_path: Path) -> None:
    assert not dicom.read(write(tmp_path / "a.dcm", np.full((2, 2), 7, np.uint16))).pixels.any()


# pydicom warns of what it cannot make sense of.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PhotometricInterpretation": "RGB"}, "is RGB; give grey X-rays"),
        ({"NumberOfFrames": 3}, "holds 3 frames"),
        ({"PixelData": None}, "holds no pixels"),
        ({"PixelSpacing": ["0", "1"]}, r"PixelSpacing is 0.0 x 1.0 mm"),
        ({"Rows": 60000, "Columns": 60000}, "more than 100000000"),
        ({"PixelData": b"\0\0"}, "cannot be decoded"),
        ({"PixelData": bytes(16)}, "its pixels are not those of one image"),
        ({"RescaleSlope": "1e400"}, r"RescaleSlope is \[inf\]; correct it"),
        ({"WindowCenter": ["1", "1e400"], "WindowWidth": ["2", "2"]}, "WindowCenter is"),
        ({"PixelSpacing": "0.1"}, "no readable DICOM file"),
        ({"SamplesPerPixel": [1, 2]}, "no readable DICOM file"),
        ({"PhotometricInterpretation": "RGB\x1b"}, r"is RGB\\x1b; give grey X-rays"),
    ],
)
def test_what_cannot_be_right_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = write(tmp_path / "odd.dcm", RAMP, **changes)
    with pytest.raises(BadInput, match=message) as refusal:
        dicom.read(path)
    assert "odd.dcm" in str(refusal.value)


def test_a_deflated_file_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", RAMP)
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    with pytest.raises(BadInput, match=r"a.dcm: is deflated; export it uncompressed"):
        dicom.read(path)


def test_what_is_no_dicom_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("hello")
    with pytest.raises(BadInput, match=r"text.dcm: no readable DICOM file"):
        dicom.read(tmp_path / "text.dcm")
