"""Rows of image files: truncated, in disguise, bombs, and of kinds that are refused."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from handseg.images.cache import ImageCache
from tests.faults import spoiled
from tests.faults.command import measured
from tests.faults.spoiled import Told, standing

MOST_MB = 700
"""Of memory: NumPy, OpenCV and Arrow take 150 MB before an image is read."""
COPY = "copy the image again"


def named(data: Path, done: Path, contents: dict[str, tuple[bytes, str]]) -> str:
    """Put contents in place of images: all commands must refuse them, `check` by name each.

    Returns:
        What `check` says of the first.
    """
    said = []
    for image, (content, fault) in zip(spoiled.images(data), contents.values(), strict=False):
        image.write_bytes(content)
        said.append(f"{image}: {fault}")
    shown = [text.replace(": ", ": unusable image (", 1).replace("; ", "); ", 1) for text in said]
    ended, _ = measured("check", data)
    ended.must(2, *shown, f"{len(said)} fault")
    out, words = data.parent / "out", ("--data", data, "--folds", done / "folds.csv")
    spoiled.refused("preprocess", *words, out=out, says=said[:1])
    spoiled.refused("run", "--data", data, out=out, says=shown)
    return ended.said.splitlines()[0].replace(f"{spoiled.images(data)[0].parent}/", "")


@pytest.mark.fault(47)
def test_row_47_a_truncated_or_empty_png_is_named(data: Path, done: Path, told: Told) -> None:
    whole = spoiled.images(data)[0].read_bytes()
    cut = {
        "empty": (b"", f"empty; {COPY}"),
        "20 bytes": (whole[:20], f"truncated after 20 bytes; {COPY}"),
        "the header alone": (whole[:40], f"truncated after 40 bytes; {COPY}"),
        "half": (
            whole[: len(whole) // 2],
            f"truncated after {len(whole) // 2} bytes; {COPY}",
        ),
        "all but a byte": (whole[:-1], f"truncated after {len(whole) - 1} bytes; {COPY}"),
        "a flipped bit": (
            whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
            "damaged at byte ",
        ),
    }
    line = named(data, done, cut)
    told(f"{', '.join(cut)}: exit 2 by check, preprocess and run, each named: {line}")


def jpeg_of(image: Path) -> bytes:
    pixels = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    content: bytes = cv2.imencode(".jpg", pixels)[1].tobytes()
    return content


@pytest.mark.fault(48)
def test_row_48_a_jpeg_by_the_name_of_a_png_is_refused(data: Path, done: Path, told: Told) -> None:
    jpeg = jpeg_of(spoiled.images(data)[0])
    half = jpeg[: len(jpeg) // 2]
    fault = "no PNG (begins with ff d8 ff e0); convert it to PNG"
    line = named(data, done, {"whole": (jpeg, fault), "truncated": (half, fault)})
    told(f"whole and truncated, named .png: exit 2: {line}")


@pytest.mark.fault(48)
def test_row_48_a_jpeg_by_its_own_name_is_refused(data: Path, done: Path, told: Told) -> None:
    image = spoiled.images(data)[0]
    jpeg = image.with_suffix(".jpg")
    jpeg.write_bytes(jpeg_of(image))
    image.unlink()
    said = f"{jpeg}: not a .png file ({jpeg.name}); convert it to .png"
    spoiled.data_refused(data, done / "folds.csv", said)
    told("named .jpg: exit 2 by check, preprocess and run: not a .png file; convert it to .png")


def png(
    width: int, height: int, rows: bytes, *, colour: int = 0, bits: int = 8, more: bytes = b""
) -> bytes:
    """A PNG of compressed rows."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """So many bytes of 0, compressed, in little memory."""
    stream = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [stream.compress(block[: min(len(block), count - i)]) for i in range(0, count, 1 << 20)]
    return b"".join([*parts, stream.flush()])


def _announced() -> bytes:
    return png(30_000, 30_000, zeros(30_000 * (30_000 // 8 + 1)), bits=1)


def _hidden() -> bytes:
    return png(160, 160, zeros(900_000_000))


def _of_text() -> bytes:
    packed = b"Comment\0\0" + zeros(900_000_000)
    text = struct.pack(">I", len(packed)) + b"zTXt" + packed
    rows = zlib.compress(bytes(160 * 161))
    return png(160, 160, rows, more=text + struct.pack(">I", zlib.crc32(text[4:])))


BOMBS: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "its header says 900 Mpx": (
        _announced,
        ["30000 x 30000 pixels, more than 100000000", "; shrink the image"],
    ),
    "900 MB of rows behind a header of 160 x 160": (
        _hidden,
        ["its pixels cannot be decoded", "; copy the image again"],
    ),
    "900 MB of text beside 160 x 160": (_of_text, []),
}


@pytest.mark.fault(49)
@pytest.mark.parametrize("what", BOMBS)
def test_row_49_a_bomb_takes_bounded_memory(data: Path, done: Path, told: Told, what: str) -> None:
    make, faults = BOMBS[what]
    image, out = spoiled.images(data)[0], data.parent / "out"
    image.write_bytes(make())
    assert image.stat().st_size < 1_000_000
    before = standing(data.parent)
    words = ("preprocess", "--data", data, "--folds", done / "folds.csv", "--out", out)
    checked, check_mb = measured("check", data)
    stopped, stage_mb = measured(*words)
    assert max(check_mb, stage_mb) < MOST_MB
    if faults:
        for ended in (checked, stopped):
            ended.must(2, image, *faults)
        assert standing(data.parent) == before
    else:
        # What the header says is there, and the rest is not looked at.
        checked.must(0, f"{image}: one grey value (0)")
        stopped.must(0)
        assert not ImageCache(out).read(image.name).pixels.any()
    told(
        f"{image.stat().st_size / 1000:.0f} KB, {what}: exit {checked.code}, with at most "
        f"{check_mb:.0f} MB by check and {stage_mb:.0f} MB by preprocess"
    )


def _saved(make: Callable[[Image.Image], Image.Image], image: Path, **options: object) -> bytes:
    path = image.with_name(".made.png")
    with Image.open(image) as opened:
        make(opened.convert("L")).save(path, **options)  # type: ignore[arg-type]
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.mark.fault(50)
def test_row_50_kinds_that_would_be_changed_in_reading_are_refused(
    data: Path, done: Path, told: Told
) -> None:
    image = spoiled.images(data)[0]
    exif = Image.Exif()
    exif[0x0112] = 6
    grey = np.array(Image.open(image).convert("L"))
    coloured = np.dstack([grey, grey, grey ^ 8])
    convert = "convert it to 8-bit grey without alpha"
    kinds = {
        "16 bits": (
            cv2.imencode(".png", grey.astype(np.uint16) << 8)[1].tobytes(),
            f"16 bits per channel; {convert}",
        ),
        "RGBA": (
            _saved(lambda x: x.convert("RGBA"), image),
            f"RGB with an alpha channel; {convert}",
        ),
        "grey with alpha": (
            _saved(lambda x: x.convert("LA"), image),
            f"grey with an alpha channel; {convert}",
        ),
        "palette": (_saved(lambda x: x.convert("P"), image), f"a palette; {convert}"),
        "one bit": (_saved(lambda x: x.convert("1"), image), f"1 bits per channel; {convert}"),
        "a transparent grey": (
            _saved(lambda x: x, image, transparency=0),
            f"has a transparent colour; {convert}",
        ),
        "rotated by EXIF": (
            _saved(lambda x: x, image, exif=exif),
            "has EXIF orientation 6; rotate the pixels",
        ),
        "colours": (
            cv2.imencode(".png", coloured)[1].tobytes(),
            "its three channels differ by up to 8; convert it to grey",
        ),
    }
    line = named(data, done, kinds)
    told(f"{', '.join(kinds)}: exit 2, the policy that `images.reading` states; such as {line}")
