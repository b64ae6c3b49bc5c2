"""The README's picture: `handseg view` of a run, as a browser shows it."""

import subprocess
import sys
from pathlib import Path

from jsonargparse import auto_cli
from playwright.sync_api import ViewportSize, expect, sync_playwright

from tests.browser.conftest import FLAGS, chromium

SIZE: ViewportSize = {"width": 1360, "height": 850}


def picture(run: str, out: Path = Path(".github/viewer.jpg")) -> None:
    """Take it.

    Args:
        run: Folder of a run, such as runs/demo.
        out: JPEG to write.
    """
    words = [sys.executable, "-m", "handseg", "view", run, "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport=SIZE)
            page.goto(address)
            expect(page.locator("#progress")).to_have_text("", timeout=60_000)
            expect(page.locator("#first path.predicted").first).to_be_visible()
            page.wait_for_load_state("networkidle")
            out.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=out, type="jpeg", quality=85)
            browser.close()
        process.terminate()


if __name__ == "__main__":
    auto_cli(picture)
