"""X-rays from disk, refused where decoding would change them without a word.

Accepted: PNG of 8-bit grey, or of 8-bit RGB whose three channels are equal, as the competition has
them; of any size up to MOST_PIXELS, square or not. Refused, each with its remedy: 16 bits or fewer
than 8, an alpha channel or a transparent colour, a palette, three channels that differ, an EXIF
rotation (the polygons' coordinates could mean either way round), anything that is no PNG.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.errors import BadInput, MissingInput
from handseg.images import grey_png, png

MOST_PIXELS = 100_000_000
"""25 times an X-ray of the data set; a larger header is a decompression bomb."""
_SIDE_BYTES = 16_000_000
"""Room for text and colour profiles beside the pixels."""
_REFUSED = {3: "a palette", 4: "grey with an alpha channel", 6: "RGB with an alpha channel"}
_CONVERT = "convert it to 8-bit grey without alpha"


def png_size(path: Path) -> tuple[int, int]:
    """(height, width) in pixels, from the header alone.

    Raises:
        MissingInput: there is no such file.
        BadInput: it is empty, no PNG, too large, or of a refused kind.
    """
    header = _header(path)
    return header.height, header.width


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an X-ray.

    Returns:
        uint8 (H, W), one of its equal channels.

    Raises:
        MissingInput: there is no such file.
        BadInput: it is empty, truncated, damaged, too large, or of a refused kind.
    """
    header = _header(path)
    content = path.read_bytes()
    compressed = []
    for kind, value in png.chunks(content, str(path)):
        if kind == b"IDAT":
            compressed.append(value)
        if kind == b"tRNS":
            raise BadInput(f"{path}: has a transparent colour; {_CONVERT}")
        if kind == b"eXIf" and png.orientation(bytes(value)) != 1:
            raise BadInput(
                f"{path}: has EXIF orientation {png.orientation(bytes(value))}; rotate the pixels "
                "(and check that the polygons fit), then remove the tag"
            )
    try:
        image = grey_png.decode(header, compressed)
    except grey_png.Undecodable as error:
        raise BadInput(f"{path}: its pixels cannot be decoded; copy the image again") from error
    return _one_channel(image, path)


def _header(path: Path) -> png.Header:
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the path of an image")
    with path.open("rb") as file:
        header = png.header(file.read(png.HEADER_BYTES), str(path))
    size = f"{header.width} x {header.height}"
    if header.width * header.height > MOST_PIXELS:
        raise BadInput(f"{path}: {size} pixels, more than {MOST_PIXELS}; shrink the image")
    if header.colour_type not in png.CHANNELS:
        kind = _REFUSED.get(header.colour_type, f"colour type {header.colour_type}")
        raise BadInput(f"{path}: {kind}; {_CONVERT}")
    if header.bits != 8:
        raise BadInput(f"{path}: {header.bits} bits per channel; {_CONVERT}")
    channels, file_bytes = png.CHANNELS[header.colour_type], path.stat().st_size
    # zlib may grow what cannot be compressed by a thousandth.
    if file_bytes > 1.01 * header.height * (header.width * channels + 1) + _SIDE_BYTES:
        raise BadInput(f"{path}: {file_bytes} bytes for {size} pixels; save the image again")
    return header


def _one_channel(image: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    if image.ndim == 2:
        return image
    blue, green, red = cv2.split(image)
    if not (np.array_equal(blue, green) and np.array_equal(blue, red)):
        apart = int(np.ptp(image, axis=2).max())
        raise BadInput(
            f"{path}: its three channels differ by up to {apart}; convert it to grey, "
            "if it is an X-ray"
        )
    return np.asarray(blue, np.uint8)
