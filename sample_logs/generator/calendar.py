"""The period of the sample: eleven weeks with two whole months inside; milliseconds, UTC."""

from datetime import UTC, date, datetime, timedelta

FIRST_DAY = date(2026, 8, 24)
DAYS = 77
"""Monday 2026-08-24 to Sunday 2026-11-08, so that September and October are whole."""

WORKDAYS = tuple(
    day for day in range(DAYS) if (FIRST_DAY + timedelta(days=day)).isoweekday() not in (6, 7)
)

SECOND_MS = 1000
HOUR_S = 3600
DAY_S = 24 * HOUR_S
_FIRST_MS = int(datetime(2026, 8, 24, tzinfo=UTC).timestamp()) * SECOND_MS


def moment_ms(day: int, seconds: float) -> int:
    """Give the Unix time of a day of the period and the seconds since its midnight."""
    return _FIRST_MS + round((day * DAY_S + seconds) * SECOND_MS)


def day_index(time_ms: int) -> int:
    """Give the day of the period in which a time lies."""
    return (time_ms - _FIRST_MS) // (DAY_S * SECOND_MS)


def day_of(time_ms: int) -> date:
    """Give the UTC date of a time."""
    return FIRST_DAY + timedelta(days=day_index(time_ms))


def iso(time_ms: int) -> str:
    """Give a time as transcripts write it."""
    whole, thousandths = divmod(time_ms, SECOND_MS)
    stamp = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{thousandths:03d}Z"


def office_ms(seconds: float, opens_s: int, hours: float) -> int:
    """Map seconds of open time, counted over workdays only, to the calendar."""
    day, rest = divmod(seconds, hours * HOUR_S)
    return moment_ms(WORKDAYS[int(day)], opens_s + rest)
