"""The reconciliation light of a page: the worst verdict over some months."""

from collections.abc import Collection
from typing import Literal

from analyzer.reconciled import Match, Reconciliation
from reports.numbers import percent

State = Literal["pass", "warn", "fail"]
_FAILED = {
    "L0": "tokens (L0)",
    "L1": "list prices (L1)",
    "L2": "the invoice (L2)",
}


def light_of(found: Reconciliation | None, months: Collection[str], what: str) -> tuple[State, str]:
    """Give the light and its words; `what` names the months in them."""
    matches = matches_of(found, months)
    if not matches:
        return "warn", f"Not reconciled: no report of the vendor tells {what}"
    failed = sorted({match.level for match in matches if match.verdict == "fail"})
    if failed:
        apart = ", ".join(_FAILED[level] for level in failed)
        return "fail", f"Fails on {apart}"
    if any(match.verdict != "pass" for match in matches):
        return "warn", "Matches with a warning"
    silent = sorted(set(months) - {match.what[:7] for match in matches})
    if silent:
        return "warn", f"Matches; no report tells {', '.join(silent)}"
    return "pass", "Matches the vendor's reports"


def matches_of(found: Reconciliation | None, months: Collection[str]) -> list[Match]:
    """Give the whole months' matches of every level; an invoice's carry their currency too."""
    every = (match for level in _FAILED for match in (found.months(level) if found else ()))
    return [match for match in every if match.what[:7] in months]


def coverage_of(found: Reconciliation | None) -> str:
    """Part of what the vendor reports, whole log, that stands in the logs; empty where unknown."""
    share = found.coverage.share if found and found.coverage else None
    return "" if share is None else percent(share)
