"""What `rebill fetch` asks a vendor for: one report, a range of UTC days, a bucket, a grouping."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from analyzer.errors import InputError
from connectors.vendor.pages import FETCHED

Source = Literal["analytics", "admin"]
Report = Literal["usage", "cost"]
Bucket = Literal["1d", "1h", "1m"]

_FORMAT = 1
_MOST_DAYS = 365
_WINDOW_DAYS = {"1d": 31, "1h": 31, "1m": 1}
"""Days of one request; the Analytics API takes 31, and 24 hours in buckets of a minute."""
_FIRST_DAY = date(2026, 1, 1)
"""The Analytics API holds nothing older (SDK `UsageListParams.starting_at`)."""
_MOST_GROUPS = 5
_UNCOUNTED = ("cost_type", "token_type")
"""Groupings of the Analytics cost that do not count to its five; without both of them, amounts of
tokens and of other things stand in one sum."""
_PRICED_BY = ("model", "service_tier", "context_window", "inference_geo", "speed")
_ADMIN_GROUPS: dict[Report, tuple[str, ...]] = {
    "usage": (*_PRICED_BY, "workspace_id", "api_key_id", "account_id", "service_account_id"),
    "cost": ("workspace_id", "description"),
}
_OVERLAPPING = "rbac_group_id"
DEFAULT_GROUPS: dict[tuple[Source, Report], tuple[str, ...]] = {
    ("analytics", "usage"): _PRICED_BY,
    ("analytics", "cost"): (*_PRICED_BY, *_UNCOUNTED),
    ("admin", "usage"): (*_PRICED_BY, "workspace_id"),
    ("admin", "cost"): ("workspace_id", "description"),
}
"""What prices depend on, as far as each API tells it."""


@dataclass(frozen=True, slots=True)
class Query:
    """One download; `start` is its first day and `end` the day after its last."""

    source: Source
    report: Report
    start: date
    end: date
    bucket: Bucket
    group_by: tuple[str, ...]

    def windows(self) -> list["Window"]:
        """Cut the range into requests that the API takes."""
        width = timedelta(days=_WINDOW_DAYS[self.bucket])
        starts = [self.start]
        while starts[-1] + width < self.end:
            starts.append(starts[-1] + width)
        return [Window(self, start, min(start + width, self.end)) for start in starts]


@dataclass(frozen=True, slots=True)
class Window:
    """One request's days of a download."""

    query: Query
    start: date
    end: date

    @property
    def header(self) -> dict[str, Any]:
        """What is written before the pages, so that the file says what it holds."""
        return {
            FETCHED: _FORMAT,
            "source": self.query.source,
            "report": self.query.report,
            "from": midnight(self.start),
            "to": midnight(self.end),
            "bucket": self.query.bucket,
            "group_by": list(self.query.group_by),
        }


def midnight(day: date) -> str:
    """Give the UTC start of a day as the APIs read it."""
    return f"{day.isoformat()}T00:00:00Z"


def checked(query: Query) -> Query:
    """Give the query back.

    Raises:
        InputError: a range or a grouping that the report does not have.
    """
    if query.start >= query.end:
        raise InputError(f"--to {query.end}: not after --from; it is the day after the last one")
    if (query.end - query.start).days > _MOST_DAYS:
        raise InputError(f"--from {query.start}: the API reaches {_MOST_DAYS} days; ask for fewer")
    if query.source == "analytics" and query.start < _FIRST_DAY:
        raise InputError(f"--from {query.start}: this API begins at {_FIRST_DAY}; --source admin")
    if query.report == "cost" and query.source == "admin" and query.bucket != "1d":
        raise InputError(f"--bucket {query.bucket}: the admin cost report is by day; use 1d")
    _check_groups(query)
    return query


def _check_groups(query: Query) -> None:
    if _OVERLAPPING in query.group_by:
        raise InputError(f"--group-by {_OVERLAPPING}: its rows overlap and do not add up")
    if query.source == "admin":
        allowed = _ADMIN_GROUPS[query.report]
        for name in query.group_by:
            if name not in allowed:
                raise InputError(f"--group-by {name}: choose from {', '.join(allowed)}")
    elif len({*query.group_by} - {*_UNCOUNTED}) > _MOST_GROUPS:
        raise InputError(f"--group-by: the API takes {_MOST_GROUPS}; leave some out")
