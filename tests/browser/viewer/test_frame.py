"""Where an image lies in its map: whole on opening and in every window, or where a link says."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.viewer.screen import choose, go, listed

pytestmark = pytest.mark.browser

WINDOWS = [(360, 740), (768, 1024), (1440, 900), (3840, 2160)]
# Leaflet's own pan glides for a quarter of a second.
AT_REST_MS = 600


def is_whole(page: Page, pane: str = "first") -> bool:
    page.wait_for_timeout(AT_REST_MS)
    room, image = (page.locator(f"#{pane} {one}").bounding_box() for one in (".map", "img.xray"))
    assert room and image
    inside = (
        room["x"] - 1 <= image["x"]
        and room["y"] - 1 <= image["y"]
        and image["x"] + image["width"] <= room["x"] + room["width"] + 1
        and image["y"] + image["height"] <= room["y"] + room["height"] + 1
    )
    # Not lost in a corner of a window that has room for twice its size.
    filled = max(image["width"] / room["width"], image["height"] / room["height"])
    return inside and filled > 0.5


@pytest.mark.parametrize("window", WINDOWS)
def test_an_image_is_whole_on_opening(
    browser: Browser, address: str, window: tuple[int, int]
) -> None:
    page = browser.new_page(viewport={"width": window[0], "height": window[1]})
    go(page, address)
    assert is_whole(page)
    assert "view=" not in page.url
    page.close()


def test_it_stays_whole_as_the_window_and_the_text_above_it_change(page: Page) -> None:
    for width, height in [*WINDOWS, (700, 500)]:
        page.set_viewport_size({"width": width, "height": height})
        assert is_whole(page)
    page.set_viewport_size({"width": 1280, "height": 500})
    page.keyboard.press("?")
    assert is_whole(page)
    page.keyboard.press("c")
    assert is_whole(page) and is_whole(page, "second")
    page.set_viewport_size({"width": 768, "height": 1024})
    assert is_whole(page) and is_whole(page, "second")
    page.keyboard.press("j")
    expect(page.locator("#about")).to_contain_text(f"{listed(page)[1]}:")
    assert is_whole(page) and is_whole(page, "second")


def centre(page: Page) -> tuple[float, float, float]:
    """What of the image lies in the middle of its map, in parts of it, and its width on screen."""
    page.wait_for_timeout(AT_REST_MS)
    room, image = (page.locator(f"#first {one}").bounding_box() for one in (".map", "img.xray"))
    assert room and image
    x, y = room["x"] + room["width"] / 2, room["y"] + room["height"] / 2
    return (x - image["x"]) / image["width"], (y - image["y"]) / image["height"], image["width"]


def test_a_place_looked_at_is_kept_from_image_to_image_and_in_a_link(
    page: Page, browser: Browser
) -> None:
    page.locator("#first .map").hover(position={"x": 200, "y": 150})
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => location.hash.includes('view=')")
    place = centre(page)
    assert place[0] < 0.45 and place[1] < 0.45
    choose(page, listed(page)[2])
    assert centre(page) == pytest.approx(place, abs=0.02)
    for width, height in ((1280, 860), (768, 1024)):
        other = browser.new_page(viewport={"width": width, "height": height})
        go(other, page.url)
        assert centre(other) == pytest.approx(place, abs=0.02)
        assert other.url == page.url
        other.close()


def test_an_image_cannot_be_lost_out_of_sight(page: Page) -> None:
    page.locator("#first .map").hover()
    for _ in range(3):
        page.mouse.down()
        page.mouse.move(1000, 800, steps=3)
        page.mouse.up()
        page.locator("#first .map").hover(position={"x": 20, "y": 20})
    x, y, _ = centre(page)
    assert -0.5 <= x <= 1.5 and -0.5 <= y <= 1.5
    assert "view=" in page.url
    page.keyboard.press("f")
    assert is_whole(page)
