"""The negotiation page as a reader meets it: Chromium, offline, from a file."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from analyzer.cli.commit import load_offers
from analyzer.cli.question import read_policy
from analyzer.contracts.commit.sizing import Drawing, negotiate
from analyzer.ingest import ingest
from analyzer.savings import Question
from analyzer.store import Store
from reports.negotiation import render

SAMPLES = Path(__file__).parents[3] / "sample_logs"
CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    with Store.open(folder / "s.duckdb", create=True) as opened:
        ingest([str(SAMPLES / "captures")], opened)
        question = Question(read_policy(SAMPLES / "policy.toml"))
        found = negotiate(opened, load_offers(SAMPLES / "offers.toml"), question, Drawing(200))
    path = folder / "negotiation.html"
    path.write_text(render(found), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module", params=[True, False], ids=["script", "no script"])
def visit(request: pytest.FixtureRequest, address: str) -> Iterator[tuple[Page, list[str], bool]]:
    import pytest_socket

    pytest_socket.enable_socket()  # a module's fixture starts before the mark of a test acts
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True, java_script_enabled=request.param)
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        if request.param:
            page.wait_for_selector("html.ready", state="attached")
        yield page, said, request.param
        browser.close()


def test_it_draws_every_curve_or_opens_every_table(visit: tuple[Page, list[str], bool]) -> None:
    page, said, script = visit
    assert said == []
    drawn = page.locator(".plot .main-svg").count()
    assert drawn >= 3 if script else drawn == 0
    closed = page.locator("details.twin:not([open])").count()
    assert closed > 0 if script else closed == 0


@pytest.mark.parametrize("width", [400, 1000, 1280])
def test_nothing_overflows(visit: tuple[Page, list[str], bool], width: int) -> None:
    page = visit[0]
    page.set_viewport_size({"width": width, "height": 1000})
    room = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(room) <= 0
