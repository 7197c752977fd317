"""A download on its way: pages as they came, one a line, in a `.part` file until the last is there.

A killed run is finished by running it again: whole lines are kept, a torn last line is dropped, and
the last page's own `next_page` says where to go on. The file is renamed when all of it is there, so
that no half report is ever taken in.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from connectors.vendor.pages import FETCHED
from connectors.vendor.query import Query, Window

Ask = Callable[[Window, str | None], bytes]
"""Gives the answer to one request: a window and the cursor of a page of it."""


@dataclass(slots=True)
class Download:
    """What a run did, and where it stands."""

    path: Path
    pages: int = 0
    """Pages in the file."""
    resumed: int = 0
    """Of these, pages that an earlier run had fetched."""
    refreshed: str | None = None
    """Up to when the vendor's figures reach, where its last page says so."""

    @property
    def fresh(self) -> int:
        """Pages that this run fetched."""
        return self.pages - self.resumed


@dataclass(slots=True)
class _Place:
    """How far a file has come: windows begun, and the page to ask for next."""

    begun: int = 0
    cursor: str | None = None
    done: bool = True
    """Whether the window that was begun last is whole."""


def download(query: Query, path: Path, ask: Ask) -> Download:
    """Write the report to `path`, going on where an earlier run stopped.

    Raises:
        InputError: the file holds something else, or an answer is no page of a report.
    """
    part = path.with_name(path.name + ".part")
    windows = query.windows()
    found = Download(path)
    if path.exists():
        if _walk(path, windows, found) != _Place(len(windows)):
            raise InputError(f"{path}: {_OTHER}")
        found.resumed = found.pages
        return found
    place = _walk(part, windows, found) if part.exists() else _Place()
    found.resumed = found.pages
    path.parent.mkdir(parents=True, exist_ok=True)
    _drop_torn_line(part)
    with part.open("ab") as file:
        for index, window in enumerate(windows):
            if index >= place.begun:
                _append(file.fileno(), json.dumps(window.header).encode())
                place = _Place(index + 1, done=False)
            while index == place.begun - 1 and not place.done:
                answer = ask(window, place.cursor)
                _follow(place, _page(answer, str(part)), found, str(part))
                _append(file.fileno(), _one_line(answer))
    part.rename(path)
    return found


def _walk(path: Path, windows: list[Window], found: Download) -> _Place:
    """Read the whole lines that are there; refuse a file of another query."""
    place = _Place()
    for line in path.read_bytes().split(b"\n")[:-1]:
        page = _page(line, str(path))
        if FETCHED not in page:
            _follow(place, page, found, str(path))
        elif not place.done or page not in [window.header for window in windows[place.begun :][:1]]:
            raise InputError(f"{path}: {_OTHER}")
        else:
            place = _Place(place.begun + 1, done=False)
    return place


def _drop_torn_line(part: Path) -> None:
    if part.exists():
        text = part.read_bytes()
        os.truncate(part, text.rfind(b"\n") + 1)


_OTHER = "holds another download, or something else; choose another -o, or delete it"


def _follow(place: _Place, page: dict[str, Any], found: Download, where: str) -> None:
    """Move on by one page."""
    cursor = page.get("next_page")
    more = page.get("has_more", cursor is not None)
    if place.done or not isinstance(page.get("data"), list):
        raise InputError(f"{where}: the answer is no page of a report; is --base-url right?")
    if more and (not isinstance(cursor, str) or cursor == place.cursor):
        raise InputError(f"{where}: the answer names no next page though more follow; try again")
    found.pages += 1
    refreshed = page.get("data_refreshed_at")
    found.refreshed = refreshed if isinstance(refreshed, str) else found.refreshed
    place.cursor, place.done = (cursor if more else None), not more


def _page(line: bytes, where: str) -> dict[str, Any]:
    try:
        page = json.loads(line)
    except ValueError as error:
        raise InputError(
            f"{where}: a page is not JSON; check --base-url, or delete the file and fetch again"
        ) from error
    if not isinstance(page, dict):
        raise InputError(f"{where}: a page is no object; check --base-url")
    return page


def _one_line(answer: bytes) -> bytes:
    """Give the answer as it came; line ends, which JSON has between values only, become spaces."""
    return answer.strip().replace(b"\r", b" ").replace(b"\n", b" ")


def _append(handle: int, line: bytes) -> None:
    """Write a line and make it last: what is there after a power cut can be gone on from."""
    rest = memoryview(line + b"\n")
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)
