"""What is shown can be passed on, as a link and as a picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from handseg.images.cache import ImageCache
from tests.browser.viewer.conftest import SIDE
from tests.browser.viewer.screen import choose, go, listed, shown

pytestmark = pytest.mark.browser


def test_a_link_leads_back_to_what_is_shown(page: Page, browser: Browser) -> None:
    choose(page, listed(page)[3])
    page.keyboard.press("d")
    page.uncheck("input[data-bone='5']")
    page.locator("#first .leaflet-control-zoom-in").click()
    page.click("#link")
    expect(page.locator("#progress")).to_have_text("link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    width = page.locator("#first img.xray").bounding_box()
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    other = context.new_page()
    go(other, link)
    assert shown(other) == listed(page)[3]
    assert other.is_checked("[data-layer=difference]")
    assert not other.is_checked("input[data-bone='5']")
    found = other.locator("#first img.xray").bounding_box()
    assert width and found and found["width"] == pytest.approx(width["width"], rel=0.01)
    context.close()


def saved(page: Page, path: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename.endswith(".png")
    download.value.save_as(path)
    image = cv2.imread(str(path))
    assert image is not None
    return np.asarray(image, np.uint8)


def test_a_saved_picture_is_what_is_shown_at_full_size(
    page: Page, run: Path, tmp_path: Path
) -> None:
    for layer in ("truth", "predicted"):
        page.uncheck(f"[data-layer={layer}]")
    plain = saved(page, tmp_path / "plain.png")
    pixels = ImageCache(run / "cache").read(shown(page)).pixels
    assert plain.shape == (SIDE, SIDE, 3)
    assert np.abs(plain[..., 0].astype(int) - pixels).max() <= 1
    page.check("[data-layer=predicted]")
    coloured = saved(page, tmp_path / "coloured.png")
    assert (np.ptp(coloured, axis=2) > 20).mean() > 0.02


def test_a_saved_picture_singles_out_what_a_warning_names(page: Page, tmp_path: Path) -> None:
    page.uncheck("[data-layer=predicted]")
    assert np.ptp(saved(page, tmp_path / "usual.png"), axis=2).max() <= 1
    choose(page, listed(page)[2])
    assert (np.ptp(saved(page, tmp_path / "odd.png"), axis=2) > 100).sum() > SIDE
