"""The review as a reader meets it: Chromium, offline, from a file; no overflow, no complaint."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import sync_playwright

from analyzer.review_results import Review
from reports.review import render

CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


@pytest.fixture(params=["plain", "long names", "alone", "empty"])
def shown(request: pytest.FixtureRequest, review: Review, alone: Review, empty: Review) -> str:
    """The page of an ordinary review and of odd ones."""
    name = "a-name-without-a-break" * 6
    long = replace(
        review,
        title=name,
        command=name,
        movers=(replace(review.movers[0], workload=name, label=name), *review.movers[1:]),
        actions=(replace(review.actions[0], what=name, workload=name, why=name),),
        watch=replace(review.watch, odd_days=(replace(review.watch.odd_days[0], what=name),)),
    )
    pages = {"plain": review, "long names": long, "alone": alone, "empty": empty}
    return render(pages[request.param])


def test_nothing_overflows_or_complains_with_and_without_script(tmp_path: Path, shown: str) -> None:
    path = tmp_path / "review.html"
    path.write_text(shown, encoding="utf-8")
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in SCHEMES:
            for scripted in (True, False):
                context = browser.new_context(color_scheme=scheme, java_script_enabled=scripted)
                page = context.new_page()
                page.on("console", lambda message: complaints.append(message.text))
                page.on("pageerror", lambda error: complaints.append(str(error)))
                page.goto(path.as_uri())
                for width in (400, 1000, 1280):
                    page.set_viewport_size({"width": width, "height": 1000})
                    beyond = page.evaluate(
                        "document.documentElement.scrollWidth"
                        " - document.documentElement.clientWidth"
                    )
                    assert beyond == 0, (scheme, scripted, width)
                tables = page.locator("table").count()
                assert tables == shown.count("<table")
                context.close()
        browser.close()
    assert complaints == []
