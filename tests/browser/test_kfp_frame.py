"""Pages in the frame that KFP's UI shows HTML artifacts in: scripts, and no origin of its own."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from handseg.eda import films, page, summary
from tests.unit.eda.drawn import SPOILED, drawn, measured, with_spoiled
from tests.unit.findings.hands import exchanged
from tests.unit.report.made_run import make_run

pytestmark = pytest.mark.browser
MOST_BYTES = 4_000_000


def _report(folder: Path) -> str:
    make_run(folder / "run", members={"fold-0": 0, "fold-1": 1}).report(folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def _eda(_folder: Path) -> str:
    pixels, polygons = drawn(SPOILED)
    images = with_spoiled(exchanged("Radius", "Ulna", polygons))
    found = summary.of_images(images, data_name="hands", demographics=None)
    worst = found.outliers[0]
    return page.render(found, [films.of_image(worst.image_name, "ID1", [worst], pixels, polygons)])


@pytest.fixture(scope="module", params=[_report, _eda], ids=["report", "eda"])
def text(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    assert len(measured()) > SPOILED
    return str(request.param(tmp_path_factory.mktemp("frame")))


@pytest.fixture
def frame(browser: Browser, text: str) -> Iterator[tuple[Page, FrameLocator, list[str]]]:
    """The artifact as the UI frames it; what it says, and whom it asks, is noted."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    shown = context.new_page()
    noted: list[str] = []
    shown.on("console", lambda message: noted.append(message.text))
    shown.on("pageerror", lambda error: noted.append(str(error)))
    shown.on("request", lambda asked: noted.append(asked.url))
    framed = html.escape(text, quote=True)
    shown.set_content(
        f'<iframe sandbox="allow-scripts" srcdoc="{framed}" width="1200" height="800"></iframe>'
    )
    yield shown, shown.frame_locator("iframe"), noted
    context.close()


def test_it_is_small_enough_for_the_ui(text: str) -> None:
    assert len(text.encode()) < MOST_BYTES


def test_it_shows_itself_and_asks_nobody(
    frame: tuple[Page, FrameLocator, list[str]],
) -> None:
    _, shown, noted = frame
    expect(shown.locator("h1")).to_be_visible()
    expect(shown.locator("table").first).to_be_attached()
    pictures = shown.locator("img")
    assert pictures.count() > 0
    widths = pictures.evaluate_all("all => all.map(one => one.naturalWidth)")
    assert all(width > 0 for width in widths)
    assert [line for line in noted if not line.startswith(("data:", "about:"))] == []


def test_its_tables_are_sorted_within_the_frame(
    frame: tuple[Page, FrameLocator, list[str]],
) -> None:
    _, shown, _ = frame
    table = shown.locator("table.bone-table")
    heads = table.locator("th button")
    heads.nth(1).click()
    expect(table.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    values = table.locator("tbody tr td:nth-child(2)").evaluate_all(
        "cells => cells.map(cell => +(cell.dataset.value ?? cell.textContent))"
    )
    assert values == sorted(values)


def test_it_cannot_reach_the_page_around_it(
    frame: tuple[Page, FrameLocator, list[str]],
) -> None:
    _, shown, _ = frame
    reach = "() => { try { return String(parent.document.title); } catch (e) { return e.name; } }"
    assert shown.locator("body").evaluate(reach) == "SecurityError"


@pytest.mark.parametrize("by_keys", [False, True], ids=["a click", "the keyboard"])
def test_a_link_of_the_contents_moves_within_the_frame(
    frame: tuple[Page, FrameLocator, list[str]], by_keys: bool
) -> None:
    page, shown, noted = frame
    shown.locator("body").evaluate("() => { window.isFirstDocument = true; }")
    target = shown.locator("h2#bones")
    expect(target).not_to_be_in_viewport()
    link = shown.locator("nav a[href='#bones']")
    if by_keys:
        link.focus()
        page.keyboard.press("Enter")
    else:
        link.click()
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()
    assert [one.url for one in page.frames[1:]] == ["about:srcdoc"]
    assert shown.locator("body").evaluate("() => window.isFirstDocument")
    assert [line for line in noted if not line.startswith(("data:", "about:"))] == []


def test_the_films_are_drawn_within_the_frame(
    frame: tuple[Page, FrameLocator, list[str]],
) -> None:
    _, shown, _ = frame
    outline = shown.locator(".film .truth").first
    outline.scroll_into_view_if_needed()
    box = outline.bounding_box()
    assert box is not None and box["width"] > 5
    toggle = shown.get_by_label("difference")
    if toggle.count():
        film = shown.locator("#images ~ .hands .film").nth(1)
        before = film.screenshot()
        toggle.check()
        assert film.screenshot() != before
