"""One HTML file that fetches nothing: templates, styles, script and drawing library in one.

The library is the installed `plotly` package's own file, packed; the page inflates it and runs it
under a policy that names its hash. A page that cannot keeps its tables open and loses no fact.
"""

import gzip
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from analyzer.results import Grade
from analyzer.words import counted
from reports import numbers
from reports.bridge import NAMES

GRADES: dict[Grade, str] = {
    "E1": "billed, reconciled and confirmed by holdout",
    "E2": "billed arithmetic, reconciled",
    "E3": "replay calibrated on a paired, dollar-proportional sample",
    "E4": "replay, back-tested only; the lowest a headline may use",
    "E5": "assumed; never in a headline",
}
"""What each grade of evidence means."""

STYLES = ("tokens.css", "layout.css", "tables.css", "figures.css", "narrow.css", "paper.css")
"""In the order of the cascade."""


@dataclass(frozen=True, slots=True)
class Library:
    """The drawing library, packed, and the hash a policy allows it by."""

    packed: str
    digest: str


def render(template: str, *, drawn: bool, **data: object) -> str:
    """The finished page; `drawn` says whether anything in it needs the drawing library."""
    boot = _static("report.js").strip()
    library = _library() if drawn else None
    scripts = [_digest(boot.encode())] + ([library.digest] if library else [])
    return (
        _environment()
        .get_template(template)
        .render(
            style="".join(_static(name) for name in STYLES),
            boot=boot,
            library=library,
            policy=_policy(scripts),
            grades=GRADES,
            lever_names=NAMES,
            **data,
        )
    )


def css_string(text: str) -> str:
    """Text as a CSS string that can end neither the string nor the style element."""
    plain = "".join(
        letter
        if (letter.isascii() and letter.isalnum()) or letter in " .,-"
        else f"\\{ord(letter):x} "
        for letter in text
    )
    return f'"{plain}"'


def _policy(digests: list[str]) -> str:
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "count": numbers.count,
        "counted": counted,
        "millions": numbers.millions,
        "percent": numbers.percent,
        "css_string": css_string,
    }
    environment.filters.update(filters)
    return environment


def _static(name: str) -> str:
    return (files("reports") / "static" / name).read_text(encoding="utf-8")


@cache
def _library() -> Library:
    source = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    packed = gzip.compress(source, compresslevel=9, mtime=0)
    return Library(b64encode(packed).decode("ascii"), _digest(source))


def _digest(source: bytes) -> str:
    return b64encode(sha256(source).digest()).decode("ascii")
