"""`handseg view` in a real browser: every control, on a run made for it."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from handseg import bones
from handseg.images.cache import ImageCache
from tests.unit.report.made_run import make_run

pytestmark = pytest.mark.browser
SIDE = 256
PERSON = "ID004"
REASON = "labels exchanged: Radius and <b>Ulna</b>"
MEMBERS = {"fold-0": 0, "fold-0b": 0, "fold-1": 1}
IMAGES = 10


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("viewer") / "run"
    make_run(folder, members=MEMBERS, side=SIDE)
    odd = {"image_name": sorted(ImageCache(folder / "cache").names("train"))[2], "bones": [],
           "reason": REASON, "score": 0.9}  # fmt: skip
    (folder / "eda").mkdir()
    (folder / "eda" / "eda.json").write_text(json.dumps({"outliers": [odd]}))
    return folder


@pytest.fixture(scope="module")
def address(run: Path) -> Iterator[str]:
    """Where the command says that it serves the run."""
    words = [sys.executable, "-m", "handseg", "view", str(run), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", first), first
        yield first
        process.terminate()
        assert process.wait(20) == 143


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, scored; it must not complain or ask anything of others."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    go(opened, address)
    yield opened
    assert said == []
    assert {url for url in asked if not url.startswith((address, "blob:", "data:"))} == set()
    context.close()


def go(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("#bones tbody tr")).to_have_count(29)
    expect(page.locator("#progress")).to_have_text("", timeout=30_000)


def listed(page: Page) -> list[str]:
    return page.locator("#list .name").all_inner_texts()


def scores(page: Page) -> list[float]:
    return [float(text) for text in page.locator("#list .score").all_inner_texts() if text]


def shown(page: Page) -> str:
    return page.locator("#about").inner_text().partition(":")[0]


def shapes(page: Page, kind: str, pane: str = "first") -> int:
    return page.locator(f"#{pane} path.{kind}").count()


def choose(page: Page, name: str) -> None:
    page.locator(f"#list button[data-name='{name}']").click()
    expect(page.locator("#about")).to_contain_text(f"{name}:")


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
