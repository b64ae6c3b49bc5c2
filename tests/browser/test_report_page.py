"""The report in a real browser; `make test-all` installs Chromium."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.unit.report.made_run import make_run

pytestmark = pytest.mark.browser

RUN = "<img src=x onerror=document.title='owned'>"
DESKTOP, PHONE, SMALL_PHONE = (1280, 900), (390, 844), (320, 640)
SIZES = [(1440, 900), DESKTOP, (768, 1024), PHONE, (360, 740), SMALL_PHONE]


@dataclass
class Opened:
    """A page with everything it said and asked for."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    members = {"fold-0": 0, "fold-1": 1, "a member with a rather long name": 0}
    people = [f"ID{number:03}" for number in range(1, 7)]
    made = make_run(folder / RUN, members=members, people=people, side=256)
    made.report(folder / RUN / "page.html", voters=True)
    return folder / RUN / "page.html"


@pytest.fixture
def opened(browser: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """The page; the parameter is the window's (width, height), or "dark"."""
    parameter = getattr(request, "param", DESKTOP)
    width, height = DESKTOP if parameter == "dark" else parameter
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if parameter == "dark" else "light",
    )
    found = Opened(context.new_page())
    found.page.on("console", lambda message: found.console.append(message.text))
    found.page.on("pageerror", lambda error: found.console.append(str(error)))
    found.page.on("request", lambda asked: found.requests.append(asked.url))
    found.page.goto(report.as_uri())
    yield found
    context.close()


def column(page: Page, table: str, number: int) -> list[str]:
    return page.locator(f"{table} tbody tr > :nth-child({number})").all_inner_texts()


def test_it_opens_from_a_file_without_a_word_and_without_the_network(
    opened: Opened, report: Path
) -> None:
    assert opened.console == []
    outside = [url for url in opened.requests if not url.startswith("data:")]
    assert outside == [report.as_uri()]


def test_every_picture_is_loaded(opened: Opened) -> None:
    sizes = opened.page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    # four worst, two best and two that members disagree on, enlarged too; two test images
    assert len(sizes) == (4 + 2 + 2) * 2 + 2
    assert min(sizes) > 0


def test_a_click_on_a_column_sorts_by_it_and_another_turns_the_order(opened: Opened) -> None:
    head = opened.page.get_by_role("button", name="Ensemble")
    before = column(opened.page, ".bone-table", 2)
    head.click()
    rising = column(opened.page, ".bone-table", 2)
    assert rising == sorted(before) != before
    head.click()
    assert column(opened.page, ".bone-table", 2) == rising[::-1]


def test_numbers_are_sorted_as_numbers_and_bones_in_the_official_order(opened: Opened) -> None:
    opened.page.get_by_role("button", name="Area, px").click()
    areas = [int(text.replace(",", "")) for text in column(opened.page, ".bone-table", 8)]
    assert areas == sorted(areas)
    opened.page.locator(".bone-table").get_by_role("button", name="Bone").click()
    assert column(opened.page, ".bone-table", 1)[1:11:9] == ["finger-2", "finger-11"]


def test_the_mean_stays_at_the_foot(opened: Opened) -> None:
    opened.page.get_by_role("button", name="Ensemble").click()
    assert opened.page.locator(".bone-table tr").last.inner_text().startswith("Mean")


def test_truth_and_prediction_can_be_hidden(opened: Opened) -> None:
    truth = opened.page.locator(".film .truth").first
    predicted = opened.page.locator(".film .predicted").first
    assert truth.is_visible() and predicted.is_visible()
    opened.page.get_by_label("truth: white line").uncheck()
    assert not truth.is_visible() and predicted.is_visible()
    opened.page.get_by_label("prediction: filled").uncheck()
    assert not predicted.is_visible()


MISSED, EXCESS = (230, 159, 0), (86, 180, 233)


def extent(shot: bytes, colour: tuple[int, int, int]) -> tuple[int, int]:
    """How many pixels of a picture are near a colour laid over it, and their mean column."""
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
    columns = np.nonzero((abs(pixels - colour) < 55).all(axis=2))[1]
    return len(columns), round(columns.mean()) if len(columns) else 0


def test_the_difference_shows_what_was_missed_and_what_is_in_excess(opened: Opened) -> None:
    film = opened.page.locator("#images ~ .hands .film").nth(1)
    for name in ("truth: white line", "names"):
        opened.page.get_by_label(name).uncheck()
    opened.page.get_by_label("prediction: filled").uncheck()
    before = film.screenshot()
    assert extent(before, MISSED)[0] == extent(before, EXCESS)[0] == 0
    opened.page.get_by_label("difference").check()
    missed, excess = (extent(film.screenshot(), colour) for colour in (MISSED, EXCESS))
    # The toy hands' predictions are moved to the right.
    assert missed[0] > 100 and excess[0] > 100
    assert missed[1] < excess[1]
    assert abs(missed[0] - excess[0]) < 0.3 * missed[0]


@pytest.mark.parametrize("opened", SIZES, indirect=True)
def test_nothing_sticks_out_to_the_side(opened: Opened) -> None:
    wide, window = opened.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= window


@pytest.mark.parametrize("opened", [PHONE], indirect=True)
def test_outlines_lie_on_their_picture_on_a_phone(opened: Opened) -> None:
    image, lines = (
        opened.page.locator(f".film {tag}").first.bounding_box() for tag in ("img", "svg")
    )
    assert image == lines


@pytest.mark.parametrize(
    ("opened", "is_dark"), [(DESKTOP, False), ("dark", True)], indirect=["opened"]
)
def test_it_follows_the_reader_s_choice_of_light_or_dark(opened: Opened, is_dark: bool) -> None:
    style = "getComputedStyle(document.body)"
    ground, ink = opened.page.evaluate(f"[{style}.backgroundColor, {style}.color]")
    levels = [int(colour.removeprefix("rgb(").split(",")[0]) for colour in (ground, ink)]
    assert (levels[0] < levels[1]) is is_dark
    assert abs(levels[0] - levels[1]) > 150


def test_a_runs_name_is_text_and_nothing_else(opened: Opened) -> None:
    assert opened.page.title().startswith(RUN)
    assert opened.page.locator("h1").inner_text().startswith(RUN)
    assert opened.page.evaluate("document.scripts.length") == 1


def test_a_table_is_sorted_by_the_keyboard_alone_and_focus_can_be_seen(opened: Opened) -> None:
    page = opened.page
    head = page.locator(".apart-bones").get_by_role("button", name="Disagreement")
    page.locator(".apart-bones").get_by_role("button", name="Bone").focus()
    page.keyboard.press("Tab")
    assert head.evaluate("(one) => one === document.activeElement")
    assert head.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    rising = [float(text) for text in column(page, ".apart-bones", 2)]
    assert rising == sorted(rising)
    page.keyboard.press("Space")
    assert [float(text) for text in column(page, ".apart-bones", 2)] == rising[::-1]


@pytest.mark.parametrize("opened", [PHONE], indirect=True)
def test_a_table_wider_than_the_window_can_be_reached_and_moved_by_keys(opened: Opened) -> None:
    table = opened.page.locator(".scroll:has(.bone-table)")
    table.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_function("document.querySelector('.scroll:has(.bone-table)').scrollLeft")


def test_labels_of_the_reliability_curve_lie_within_its_figure(opened: Opened) -> None:
    outside = opened.page.evaluate(
        """() => [...document.querySelectorAll("#confidence ~ .two svg text")].filter((text) => {
          const inner = text.getBoundingClientRect();
          const outer = text.ownerSVGElement.getBoundingClientRect();
          return inner.left < outer.left - 1 || inner.right > outer.right + 1;
        }).map((text) => text.textContent)"""
    )
    assert outside == []


PAGES = re.compile(rb"/Type\s*/Page\b(?!s)")


@pytest.mark.parametrize("opened", [DESKTOP, "dark"], indirect=True)
def test_printed_it_is_a_light_report_of_several_pages(opened: Opened, tmp_path: Path) -> None:
    page = opened.page
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert len(PAGES.findall((tmp_path / "report.pdf").read_bytes())) > 5
    page.emulate_media(media="print")
    levels = page.evaluate("getComputedStyle(document.body).color").removeprefix("rgb(")
    assert int(levels.split(",")[0]) < 100
    for control in ("nav", ".toggles"):
        assert not page.locator(control).is_visible()
    assert page.locator("#again").is_visible()
    # A button is painted on one page only, and a table's head is repeated on each.
    heads = page.locator("th button")
    shown = heads.evaluate_all("all => all.map(one => getComputedStyle(one).display)")
    assert set(shown) == {"contents"}


def test_printed_nothing_is_folded_away_or_wider_than_the_paper(opened: Opened) -> None:
    page = opened.page
    paper_px = round((210 - 2 * 12) / 25.4 * 96)
    page.set_viewport_size({"width": paper_px, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    wide = page.evaluate(
        "[...document.querySelectorAll('table, img, svg, pre')].filter((one) =>"
        f" one.getBoundingClientRect().right > {paper_px} + 1).map((one) => one.outerHTML)"
    )
    assert wide == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 3
