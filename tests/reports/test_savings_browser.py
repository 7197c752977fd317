"""The page as a reader meets it: Chromium, offline, from a file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")
WIDTHS = (400, 1000, 1280)
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
FLAGS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


class Visit:
    """One opened page and everything it complained about or asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def overflow(self, width: int) -> int:
        self.page.set_viewport_size({"width": width, "height": 1000})
        beyond: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return beyond


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    import pytest_socket

    pytest_socket.enable_socket()  # a module's fixture starts before the mark of a test acts
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, whole_page: str) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "savings.html"
    path.write_text(whole_page, encoding="utf-8")
    return path.as_uri()


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    *,
    script: bool = True,
) -> Iterator[Visit]:
    context = browser.new_context(
        offline=True,
        viewport={"width": 1280, "height": 1000},
        java_script_enabled=script,
    )
    visit = Visit(context.new_page())
    visit.page.goto(address)
    if script:
        visit.page.wait_for_selector("html.ready", state="attached")
    yield visit
    context.close()


@pytest.fixture(scope="module")
def drawn(browser: Browser, address: str) -> Iterator[Visit]:
    """One visit for tests that leave the page as they found it."""
    with visiting(browser, address) as visit:
        yield visit


def test_it_draws_without_a_complaint_or_a_request(drawn: Visit, address: str) -> None:
    assert drawn.complaints == []
    assert drawn.requests == [address]
    assert drawn.page.locator(".plot .main-svg").count() >= 4
    assert drawn.page.locator(".plot path.js-line").count() >= 8
    assert not drawn.page.locator("details.twin[open]").count()


def test_nothing_overflows(drawn: Visit) -> None:
    for is_open in ("true", "false"):
        drawn.page.evaluate(
            f"document.querySelectorAll('details').forEach(one => {{ one.open = {is_open}; }})"
        )
        assert {width: drawn.overflow(width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)


def test_dark_mode_turns_the_ink_of_the_curves(drawn: Visit) -> None:
    inks = []
    for scheme in SCHEMES:
        drawn.page.emulate_media(color_scheme=scheme)
        inks.append(
            drawn.page.evaluate(
                "getComputedStyle(document.querySelectorAll('.plot .js-line')[1]).stroke"
            )
        )
    assert inks == ["rgb(238, 240, 242)", "rgb(21, 25, 30)"]


def test_a_switch_looks_up_another_replay(drawn: Visit) -> None:
    after = drawn.page.locator("[data-after] .num")
    table_row = drawn.page.locator("tr[data-key='1011'] td >> nth=1")
    before = after.inner_text()
    drawn.page.locator("input[data-lever=routing]").focus()
    drawn.page.keyboard.press("Space")
    assert after.inner_text() == table_row.text_content()
    assert after.get_attribute("data-usd") == table_row.get_attribute("data-usd")
    said = drawn.page.locator("[data-switches] .say").inner_text()
    assert said.startswith("With output discipline, batch and prompt caching only")
    assert drawn.page.locator("tr.here").get_attribute("data-key") == "1011"
    drawn.page.keyboard.press("Space")
    assert after.inner_text() == before


def test_it_prints_to_several_pages(drawn: Visit) -> None:
    paper = drawn.page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert paper.count(b"/Type /Page\n") >= 2


def test_without_script_every_table_is_open(browser: Browser, address: str) -> None:
    with visiting(browser, address, script=False) as visit:
        for name in ("tr[data-key='1111']", "table.works", "table.gaps >> nth=0"):
            assert visit.page.locator(name).is_visible()
        assert visit.page.locator("details.twin:not([open])").count() == 0
        assert not visit.page.locator(".plot").first.is_visible()
        assert not visit.page.locator("input[data-lever]").first.is_visible()


def test_the_skip_link_comes_first(browser: Browser, address: str) -> None:
    with visiting(browser, address, script=False) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.locator(".skip:focus").count() == 1


def test_an_empty_result_draws_nothing_and_complains_of_nothing(
    browser: Browser, tmp_path: Path, empty_page: str
) -> None:
    path = tmp_path / "empty.html"
    path.write_text(empty_page, encoding="utf-8")
    with visiting(browser, path.as_uri()) as visit:
        assert visit.complaints == []
        assert visit.overflow(400) == 0


def test_long_names_wrap(browser: Browser, tmp_path: Path, long_names_page: str) -> None:
    path = tmp_path / "long.html"
    path.write_text(long_names_page, encoding="utf-8")
    with visiting(browser, path.as_uri()) as visit:
        assert {width: visit.overflow(width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)
