"""A run, where `handseg view` serves it, and its page in a browser."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from handseg.images.cache import ImageCache
from tests.browser.viewer.screen import go
from tests.unit.report.made_run import make_run

MEMBERS = {"fold-0": 0, "fold-0b": 0, "fold-1": 1}
SIDE = 256
REASON = "labels exchanged: Radius and <b>Ulna</b>"
LONG = "odd film: " + " ".join(["very bright, and noisy, and blurred;"] * 6)
NAMED = ["Radius", "Ulna"]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("viewer") / "run"
    make_run(folder, members=MEMBERS, side=SIDE)
    # Facts may name bones that the viewer's list lacks.
    odd = {"image_name": sorted(ImageCache(folder / "cache").names("train"))[2],
           "bones": [*NAMED, "Talus"], "reason": REASON, "score": 0.9}  # fmt: skip
    many = [{**odd, "bones": [], "reason": f"{LONG} {number}", "score": 0.5} for number in range(3)]
    (folder / "eda").mkdir()
    (folder / "eda" / "eda.json").write_text(json.dumps({"outliers": [odd, *many]}))
    return folder


@pytest.fixture(scope="session")
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
