"""The window: its panes, what is seen of an image in them, the keys, and little room."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.viewer.screen import choose, listed

pytestmark = pytest.mark.browser


def test_two_members_stand_side_by_side_and_move_as_one(page: Page) -> None:
    page.fill("#search", "ID001")
    choose(page, listed(page)[0])
    page.keyboard.press("Escape")
    page.click("#compare")
    expect(page.locator("#second")).to_be_visible()
    page.select_option("#first select", "fold-0")
    page.select_option("#second select", "fold-0b")
    expect(page.locator("#dice2")).to_be_visible()
    page.wait_for_function(
        """() => {
          const [first, second] = ["first", "second"].map(
            (pane) => document.querySelector(`#${pane} path.predicted`)?.getAttribute("d"));
          return first && second && first !== second;
        }"""
    )
    page.locator("#first .leaflet-control-zoom-in").click()
    boxes = [page.locator(f"#{pane} img.xray").bounding_box() for pane in ("first", "second")]
    assert boxes[0] and boxes[1] and boxes[0]["width"] == pytest.approx(boxes[1]["width"])


def test_zoom_pan_and_fit(page: Page) -> None:
    xray = page.locator("#first img.xray")
    before = xray.bounding_box()
    page.locator("#first .map").hover()
    page.mouse.wheel(0, -400)
    grown = "wide => document.querySelector('#first img.xray').getBoundingClientRect().width > wide"
    page.wait_for_function(grown, arg=1.5 * before["width"] if before else 0)
    page.mouse.down()
    page.mouse.move(500, 300, steps=4)
    page.mouse.up()
    page.click("#fit")
    after = xray.bounding_box()
    assert before and after and after["width"] == pytest.approx(before["width"], rel=0.02)


def test_the_keys_are_explained(page: Page) -> None:
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert page.get_attribute("#help", "aria-expanded") == "true"
    page.click("#help")
    expect(page.locator("#keys")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 768])
def test_it_fits_a_small_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#first .map")).to_be_visible()


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_every_bone_has_its_figures_under_their_headers(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for columns in (1, 2):
        expect(page.locator("#bones tbody .number")).to_have_count(29 * columns)
        edges = page.locator("#bones tr").evaluate_all(
            """rows => rows.map((row) => [...row.querySelectorAll(".number:not([hidden])")].map(
              (cell) => Math.round(cell.getBoundingClientRect().right)))"""
        )
        assert edges == [edges[0]] * 30 and len(edges[0]) == columns
        panel = page.locator("#controls")
        assert panel.evaluate("node => node.scrollWidth <= node.clientWidth")
        assert max(edges[0]) <= width
        page.keyboard.press("c")


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_many_warnings_end_between_lines_and_open_whole(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.locator("#more")).to_be_hidden()
    choose(page, listed(page)[2])
    warnings, more = page.locator("#warnings"), page.locator("#more")
    height, line, whole = warnings.evaluate(
        """node => [node.clientHeight, parseFloat(getComputedStyle(node).lineHeight),
          node.scrollHeight]"""
    )
    assert height % line == 0 and height < whole
    expect(more).to_have_text("show all of 4 warnings")
    more.click()
    assert warnings.evaluate("node => node.clientHeight") > height
    hidden = warnings.evaluate("node => node.scrollHeight - node.clientHeight")
    assert hidden == 0
    expect(more).to_have_attribute("aria-expanded", "true")
    choose(page, listed(page)[0])
    expect(more).to_be_hidden()
    choose(page, listed(page)[2])
    more.click()
    assert warnings.evaluate("node => node.clientHeight") == height
