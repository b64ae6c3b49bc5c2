"""The report in a real browser; `make test-all` installs Chromium."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.unit.report.made_run import make_run

pytestmark = pytest.mark.browser

RUN = "<img src=x onerror=document.title='owned'>"
DESKTOP, PHONE, SMALL_PHONE = (1280, 900), (390, 844), (320, 640)


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
    made = make_run(folder / RUN, members=members, side=256)
    made.report(folder / RUN / "page.html")
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
    assert len(sizes) == 4 * 2 + 2 * 2 + 2  # four worst and two best, enlarged too; two test images
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
    areas = [int(text.replace(",", "")) for text in column(opened.page, ".bone-table", 7)]
    assert areas == sorted(areas)
    opened.page.get_by_role("button", name="Bone").click()
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


@pytest.mark.parametrize("opened", [DESKTOP, PHONE, SMALL_PHONE], indirect=True)
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
