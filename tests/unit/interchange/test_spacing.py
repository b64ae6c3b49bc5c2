from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.interchange import spacing


def test_reading_undoes_writing(tmp_path: Path) -> None:
    path = tmp_path / spacing.FILE_NAME
    spacing.write(path, {"a.png": ((0.143, 0.2), "PixelSpacing")})
    assert spacing.read(path) == {"a.png": (0.143, 0.2)}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\xff", "not text"),
        (b"a" * 140_000, "no CSV"),
        (b"name,mm\n", "its header is not image_name,row_mm,column_mm,from"),
        (b"image_name,row_mm,column_mm,from\na.png,0,1,x\n", ":2: 'a.png,0,1,x'; distances are"),
        (
            b"image_name,row_mm,column_mm,from\n" + b"a" * 9000,
            ":2: 'aaa.*; give name, mm, mm, from",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_in_text_of_bounded_length(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = tmp_path / spacing.FILE_NAME
    path.write_bytes(content)
    with pytest.raises(BadInput, match=fault) as refusal:
        spacing.read(path)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 400 + len(str(path))
