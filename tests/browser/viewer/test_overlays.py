"""What lies over an image: outlines, probability, difference and names, of all bones or of some."""

import pytest
from playwright.sync_api import Page, expect

from handseg import bones
from tests.browser.viewer.conftest import NAMED
from tests.browser.viewer.screen import choose, listed, shapes

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("layer", "key", "kind"),
    [("truth", "t", "truth"), ("predicted", "p", "predicted")],
)
def test_outlines_go_and_come(page: Page, layer: str, key: str, kind: str) -> None:
    assert shapes(page, kind) == 29
    page.uncheck(f"[data-layer={layer}]")
    assert shapes(page, kind) == 0
    page.keyboard.press(key)
    assert shapes(page, kind) == 29


def test_probability_and_difference_lie_over_the_image(page: Page) -> None:
    for layer, key in (("probability", "b"), ("difference", "d")):
        page.check(f"[data-layer={layer}]")
        expect(page.locator(f"#first img.{layer}")).to_have_count(1)
        page.locator("#list").click(position={"x": 1, "y": 1})
        page.keyboard.press(key)
        expect(page.locator(f"#first img.{layer}")).to_have_count(0)


def test_a_test_image_has_a_prediction_and_no_truth(page: Page) -> None:
    page.select_option("#part", "test")
    choose(page, listed(page)[0])
    assert (shapes(page, "truth"), shapes(page, "predicted")) == (0, 29)
    assert "mean Dice" not in page.locator("#about").inner_text()


def test_names_opacity_brightness_and_contrast(page: Page) -> None:
    page.keyboard.press("n")
    assert page.locator("#first svg text").count() == 29
    page.locator("#opacity").fill("80")
    assert page.locator("#first path.predicted").first.get_attribute("fill-opacity") == "0.8"
    page.keyboard.press("t")  # a key typed while a slider has the focus is the slider's
    page.locator("#list").click(position={"x": 1, "y": 1})
    page.keyboard.press("[")
    assert page.locator("#first path.predicted").first.get_attribute("fill-opacity") == "0.7"
    page.locator("#brightness").fill("200")
    page.locator("#contrast").fill("150")
    film = page.locator("#first img.xray").evaluate("node => getComputedStyle(node).filter")
    assert film == "brightness(2) contrast(1.5)"


def test_each_bone_and_each_group_can_be_shown_alone(page: Page) -> None:
    page.uncheck("input[data-bone='27']")
    assert page.locator("#first g[data-bone='27']").count() == 0
    assert shapes(page, "truth") == 28
    page.get_by_role("button", name="index", exact=True).click()
    assert [
        node.get_attribute("data-bone") for node in page.locator("#first g[data-bone]").all()
    ] == ["3", "4", "5", "6"]
    page.get_by_role("button", name="index", exact=True).click()
    assert shapes(page, "truth") == 29
    page.keyboard.press("a")
    assert shapes(page, "truth") == 0
    page.get_by_role("button", name="all", exact=True).click()
    assert shapes(page, "truth") == 29


def test_bones_that_a_warning_names_are_singled_out_at_once(page: Page) -> None:
    expect(page.locator("#odd")).to_be_hidden()
    choose(page, listed(page)[2])
    names = page.locator("#first svg text")
    assert names.all_text_contents() == NAMED
    marked = page.locator("#first g:has(path.truth.odd)")
    assert [node.get_attribute("data-bone") for node in marked.all()] == [
        str(bones.CLASS_ID[bone]) for bone in NAMED
    ]
    expect(page.locator("#odd")).to_be_visible()
    assert page.locator("#bones tr:has(.warn) label").all_inner_texts() == [
        f"{bone}\n⚠" for bone in NAMED
    ]
    page.keyboard.press("n")
    expect(names).to_have_count(29)
    page.keyboard.press("n")
    page.keyboard.press("t")
    expect(names).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_name_is_printed_over_another(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 860})
    choose(page, listed(page)[2])
    page.keyboard.press("n")
    expect(page.locator("#first svg text")).to_have_count(29)
    over = page.evaluate(
        """() => {
          const made = [...document.querySelectorAll("#first svg text")].map(
            (text) => [text.textContent, text.getBoundingClientRect()]);
          return made.flatMap(([one, a], index) => made.slice(index + 1).filter(([, b]) =>
            Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1,
          ).map(([other]) => `${one} ${other}`));
        }"""
    )
    assert over == []
