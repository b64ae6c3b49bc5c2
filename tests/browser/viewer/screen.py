"""What the viewer's page shows, and how another image comes to be shown."""

from playwright.sync_api import Page, expect


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
