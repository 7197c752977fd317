"""The review as a reader meets it: Chromium, offline, from a file; no overflow, no complaint."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from analyzer.results.review import Review
from reports.review import render

CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    import pytest_socket

    pytest_socket.enable_socket()  # a module's fixture starts before the mark of a test acts
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


LATER = [pytest.param(name, marks=pytest.mark.full) for name in ("alone", "empty")]


@pytest.fixture(params=["plain", "long names", *LATER])
def shown(request: pytest.FixtureRequest, review: Review, alone: Review, empty: Review) -> str:
    """The page of an ordinary review and of odd ones."""
    name = "a-name-without-a-break" * 6
    assert review.adjustments
    long = replace(
        review,
        title=name,
        command=name,
        movers=(replace(review.movers[0], workload=name, label=name), *review.movers[1:]),
        actions=(replace(review.actions[0], what=name, workload=name, why=name, owner=name),),
        assumptions=(
            replace(review.assumptions[0], statement=name, value=name, source=name, owner=name),
        ),
        adjustments=(replace(review.adjustments[0], name=name, method=name, workloads=(name,)),),
        watch=replace(review.watch, odd_days=(replace(review.watch.odd_days[0], what=name),)),
    )
    pages = {"plain": review, "long names": long, "alone": alone, "empty": empty}
    return render(pages[request.param])


def test_nothing_overflows_or_complains_and_headings_step_down(
    browser: Browser, tmp_path: Path, shown: str
) -> None:
    path = tmp_path / "review.html"
    path.write_text(shown, encoding="utf-8")
    complaints: list[str] = []
    for scripted in (True, False):
        context = browser.new_context(java_script_enabled=scripted)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width in (400, 1000, 1280):
                page.set_viewport_size({"width": width, "height": 1000})
                assert page.evaluate(BEYOND) == 0, (scheme, scripted, width)
        assert page.locator("table").count() == shown.count("<table")
        if scripted:
            levels = page.eval_on_selector_all(
                "h1,h2,h3,h4", "all => all.map(one => +one.tagName[1])"
            )
            assert levels[0] == 1
            assert all(after - before <= 1 for before, after in pairwise(levels))
        context.close()
    assert complaints == []
