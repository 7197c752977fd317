"""The negotiation page as a reader meets it: Chromium, offline, from a file."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from analyzer.cli.commit import load_offers
from analyzer.cli.question import read_policy
from analyzer.contracts.commit.copies import vendor_copy
from analyzer.contracts.commit.sizing import Drawing, negotiate
from analyzer.ingest import ingest
from analyzer.results.commit import Negotiation
from analyzer.results.register import Adjustment
from analyzer.savings import Question
from analyzer.store import Store
from reports.negotiation import render

SAMPLES = Path(__file__).parents[3] / "sample_logs"
CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
ROOM = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Negotiation:
    folder = tmp_path_factory.mktemp("talks")
    with Store.open(folder / "s.duckdb", create=True) as opened:
        ingest([str(SAMPLES / "captures")], opened)
        question = Question(read_policy(SAMPLES / "policy.toml"))
        return negotiate(opened, load_offers(SAMPLES / "offers.toml"), question, Drawing(200))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    import pytest_socket

    pytest_socket.enable_socket()  # a module's fixture starts before the mark of a test acts
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


VENDORS = pytest.param("vendor", marks=pytest.mark.full)


@pytest.fixture(scope="module", params=["own", VENDORS, "long names"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, found: Negotiation
) -> str:
    pages = {"own": found, "vendor": vendor_copy(found), "long names": long(found)}
    path = tmp_path_factory.mktemp("page") / "negotiation.html"
    path.write_text(render(pages[request.param]), encoding="utf-8")
    return path.as_uri()


def long(found: Negotiation) -> Negotiation:
    """Every name without a break."""
    name = "a-name-without-a-break" * 6
    entry = Adjustment(
        name, "outage", "2026-10-01", "2026-10-02", (name,), Fraction(10**12), name, "ab" * 32,
        name, "2026-10-03", (name,), "open",
    )  # fmt: skip
    first, *others = found.offers
    return replace(
        found,
        title=name,
        workloads=(replace(found.workloads[0], name=name, label=name), *found.workloads[1:]),
        offers=(
            replace(first, offered=replace(first.offered, id=name, description=name)),
            *others,
        ),
        recommended=name,
        assumptions=tuple(
            replace(one, statement=name, value=name, source=name, owner=name, moved=name)
            for one in found.assumptions
        ),
        adjustments=(entry,),
        asks=tuple(replace(one, words=name, reason=name) for one in found.asks),
    )


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_it_draws_every_curve_or_opens_every_table_and_never_overflows(
    browser: Browser, address: str, *, script: bool
) -> None:
    context = browser.new_context(offline=True, java_script_enabled=script)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    if script:
        page.wait_for_selector("html.ready", state="attached")
    drawn = page.locator(".plot .main-svg").count()
    assert drawn >= 2 if script else drawn == 0
    closed = page.locator("details.twin:not([open])").count()
    assert closed > 0 if script else closed == 0
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (400, 1000, 1280):
            page.set_viewport_size({"width": width, "height": 1000})
            assert page.evaluate(ROOM) <= 0, (scheme, width)
    assert said == []
    context.close()


def test_the_first_printed_page_holds_every_finding(
    browser: Browser, found: Negotiation, tmp_path: Path
) -> None:
    """A4 within the page's margins is 178 mm by 260 mm: 673 by 983 pixels."""
    path = tmp_path / "negotiation.html"
    path.write_text(render(found), encoding="utf-8")
    page = browser.new_page(viewport={"width": 673, "height": 983})
    page.goto(path.as_uri())
    page.wait_for_selector(".plot .main-svg")
    page.emulate_media(media="print")
    front = page.locator(".front").bounding_box()
    assert front
    assert page.locator("ol.found li").count() == 7
    assert front["y"] + front["height"] < 983
    page.close()


def test_headings_step_down_one_at_a_time_and_regions_have_names_of_their_own(
    browser: Browser, address: str
) -> None:
    """Two rules of WCAG that a new section breaks first."""
    page = browser.new_page()
    page.goto(address)
    levels = page.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    names = page.eval_on_selector_all(
        "[role=region],nav", "all => all.map(one => one.getAttribute('aria-label'))"
    )
    assert len(names) == len(set(names))
    page.close()
