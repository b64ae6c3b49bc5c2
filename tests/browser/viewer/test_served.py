"""What is served, and to whom."""

import urllib.error
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg.images.cache import ImageCache

pytestmark = pytest.mark.browser


def status(url: str, host: str | None = None) -> int:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_nothing_but_its_images_is_served_and_to_nobody_else(address: str, run: Path) -> None:
    assert status(address) == 200
    assert status(address, host="evil.example") == 400
    for path in (
        "static/../app.py", "static/%2e%2e/app.py", "api/images/..%2f..%2fetc%2fpasswd/xray.png",
        "api/images/nobody.png", "etc/passwd",
    ):  # fmt: skip
        assert status(address + path) == 404, path
    name = ImageCache(run / "cache").names("train")[0]
    assert status(f"{address}api/images/{name}?by=nobody") == 404
    assert status(f"{address}api/images/{name}/difference.png?by=ensemble&bones=99") == 422
    with urllib.request.urlopen(f"{address}api/images/{name}/xray.png") as answer:
        pixels = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_UNCHANGED)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert pixels is not None
    assert np.array_equal(pixels, ImageCache(run / "cache").read(name).pixels)
