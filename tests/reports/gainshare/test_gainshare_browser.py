"""The gainshare page as a reader meets it: Chromium, offline; no overflow, no complaint."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from analyzer.results.gainshare import Gainshare
from reports.gainshare import render

CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
NAME = "a-name-without-a-break" * 6

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


def long(found: Gainshare) -> Gainshare:
    base, last = found.frozen, found.periods[0]
    return replace(
        found,
        title=NAME,
        command=NAME,
        parties=(NAME,),
        frozen=replace(
            base,
            policies=(replace(base.policies[0], workload=NAME, models=NAME), *base.policies[1:]),
            rates=(replace(base.rates[0], workload=NAME, model=NAME), *base.rates[1:]),
            keys=(NAME,),
        ),
        periods=(
            replace(
                last,
                saved=(replace(last.saved[0], workload=NAME, method=NAME), *last.saved[1:]),
                entries=(replace(last.entries[0], name=NAME), *last.entries[1:]),
                notes=(NAME,),
                cash=replace(last.cash, source=NAME) if last.cash else None,
                born=(NAME,),
            ),
        ),
    )


LATER = [pytest.param(name, marks=pytest.mark.full) for name in ("short", "untold")]


@pytest.fixture(params=["gainshare", "alone", "refused", "bare", *LATER, "long names"])
def shown(request: pytest.FixtureRequest) -> str:
    if request.param == "long names":
        return render(long(request.getfixturevalue("gainshare")))
    return render(request.getfixturevalue(request.param))


def test_nothing_overflows_or_complains_with_and_without_script(tmp_path: Path, shown: str) -> None:
    path = tmp_path / "gainshare.html"
    path.write_text(shown, encoding="utf-8")
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scripted in (True, False):
            context = browser.new_context(java_script_enabled=scripted)
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(path.as_uri())
            for width in (400, 1000, 1280):
                page.set_viewport_size({"width": width, "height": 1000})
                beyond = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert beyond == 0, (scripted, width)
            context.close()
        browser.close()
    assert complaints == []
