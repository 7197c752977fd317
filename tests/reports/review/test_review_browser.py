"""The review as a reader meets it: Chromium, offline, from a file; no overflow, no complaint."""

import os
import shutil
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("REBILL_CHROMIUM") or shutil.which("chromium")
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,  # the driver speaks to the browser over a local pipe
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install it or set REBILL_CHROMIUM"),
]


def test_nothing_overflows_or_complains_with_and_without_script(
    tmp_path: Path, review_page: str
) -> None:
    path = tmp_path / "review.html"
    path.write_text(review_page, encoding="utf-8")
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
                assert tables == review_page.count("<table")
                context.close()
        browser.close()
    assert complaints == []
