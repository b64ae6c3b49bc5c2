"""The list of images: stepped through, sorted and filtered, and the oddest of it first."""

import pytest
from playwright.sync_api import Page, expect

from handseg import bones
from tests.browser.viewer.conftest import REASON
from tests.browser.viewer.screen import listed, scores, shown

pytestmark = pytest.mark.browser
PERSON = "ID004"
IMAGES = 10


def test_images_are_stepped_through_by_button_and_key(page: Page) -> None:
    names = listed(page)
    assert len(names) == IMAGES
    assert shown(page) == names[0]
    for act, expected in (
        ("#next", names[1]),
        ("j", names[2]),
        ("ArrowRight", names[3]),
        ("k", names[2]),
        ("#previous", names[1]),
    ):
        if act.startswith("#"):
            page.click(act)
        else:
            page.keyboard.press(act)
        expect(page.locator("#about")).to_contain_text(f"{expected}:")
        expect(page.locator("#list button[aria-current=true] .name")).to_have_text(expected)


def test_stepping_moves_the_list_and_not_the_page(page: Page) -> None:
    page.set_viewport_size({"width": 768, "height": 500})
    for name in listed(page)[1:]:
        page.keyboard.press("j")
        expect(page.locator("#list button[aria-current=true] .name")).to_have_text(name)
    assert page.evaluate("scrollY") == 0
    current, around = "#list button[aria-current=true]", "#list"
    bottom = "document.querySelector('{}').getBoundingClientRect().bottom"
    inside, outside = (page.evaluate(bottom.format(one)) for one in (current, around))
    assert round(inside) <= round(outside)


def test_the_list_is_sorted_and_filtered(page: Page) -> None:
    page.select_option("#sort", "mean")
    assert scores(page) == sorted(scores(page)) and len(scores(page)) == 8
    page.check("#descending")
    assert scores(page) == sorted(scores(page), reverse=True)
    page.select_option("#sort", str(bones.CLASS_ID["Radius"]))
    assert scores(page) == sorted(scores(page), reverse=True)
    middle = scores(page)[4]
    page.fill("#below", f"{middle:.4f}")
    assert scores(page) and max(scores(page)) <= middle
    page.fill("#below", "")
    for select, value, count in (("#part", "test", 2), ("#part", "", 10), ("#fold", "1", 4)):
        page.select_option(select, value)
        assert len(listed(page)) == count
    page.select_option("#fold", "")
    page.select_option("#person", PERSON)
    assert len(listed(page)) == 2
    page.select_option("#person", "")
    page.fill("#search", "exchanged")
    assert len(listed(page)) == 1
    page.fill("#search", "")
    page.check("#warned")
    assert 0 < len(listed(page)) <= 10


def test_the_oddest_comes_first_and_says_why(page: Page) -> None:
    page.select_option("#sort", "odd")
    page.check("#descending")
    page.locator("#list button").first.click()
    expect(page.locator("#warnings")).to_contain_text(REASON)


def test_dice_below_is_about_dice_when_sorted_by_oddness(page: Page) -> None:
    page.select_option("#sort", "mean")
    middle = f"{scores(page)[4]:.4f}"
    page.fill("#below", middle)
    low = sorted(listed(page))
    assert 0 < len(low) < IMAGES
    page.select_option("#sort", "odd")
    assert sorted(listed(page)) == low
    page.fill("#below", "0")
    expect(page.locator("#list button")).to_have_count(0)
