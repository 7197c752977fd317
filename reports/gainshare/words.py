"""What the gainshare page calls sources, days and rules."""

from analyzer.results import LEVERS, Lever
from reports.bridge import NAMES
from reports.opening import period

SOURCES = {
    "price": "Prices, by the contract's basis",
    "adjustment": "Savings moved by signed adjustments",
}

LEVER_RULES: tuple[tuple[Lever, str, str], ...] = (
    (
        "output",
        "tokens by the ratio of a paired sample",
        "E3 from 30 paired calls on, else E4",
    ),
    (
        "routing",
        "the share of requests that a model won goes back, tokens by paired ratios",
        "E3 from 30 paired calls on, else E4",
    ),
    (
        "batch",
        "requests beyond the baseline's share at the other tier's price",
        "E2 where reconciled, else E4",
    ),
    (
        "caching",
        "prompt tokens as cached then; the same lives at about the same share save nothing",
        "E2 where nothing was cached before and reconciled, else E4",
    ),
)
"""In the order of record: lever, the baseline's setting on the period's own calls, evidence."""


def lever_of(source: str) -> Lever | None:
    """The lever that a source is; None for prices and adjustments."""
    return next((lever for lever in LEVERS if lever == source), None)


def source_name(source: str) -> str:
    """What a saving comes from, for people."""
    lever = lever_of(source)
    return NAMES[lever] if lever else SOURCES[source]


def days_in_words(first_day: str, last_day: str) -> str:
    """Such as `1 to 31 October 2026`."""
    return period(first_day, last_day)
