"""Times as logs write them, in whole microseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from connectors.faults import LineError

Precision = Literal["us", "ms", "s"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND_DIGITS = 3


def from_iso(text: str, key: str) -> int:
    """Read an ISO 8601 time; one without a zone is UTC.

    Raises:
        LineError: not a time; the fault names `key`.
    """
    try:
        return _microseconds(datetime.fromisoformat(text))
    except ValueError as error:
        raise LineError("bad time", f"{key}: not an ISO 8601 time") from error


def precision_of(text: str) -> Precision:
    """Tell how fine an ISO time was written."""
    fraction = text.partition(".")[2]
    digits = len(fraction) - len(fraction.lstrip("0123456789"))
    if not digits:
        return "s"
    return "ms" if digits <= _MILLISECOND_DIGITS else "us"


def from_http_date(text: str | None) -> int | None:
    """Read a `date` header, which is exact to the second; None when there is none to read."""
    try:
        return _microseconds(parsedate_to_datetime(text)) if text else None
    except ValueError:
        return None


def _microseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND
