"""Tidewell Freight (synthetic): its days, its callers, and what changed when."""

from datetime import date, timedelta

from generator.exchanges import Caller

CLIENT = "Tidewell Freight (synthetic)"
CONSULTANT = "Lowmark Advisers (synthetic)"
ORGANISATION = "tidewell-freight-synthetic"
FIRST_DAY = date(2026, 7, 1)
LAST_DAY = date(2026, 10, 31)
BASELINE = (date(2026, 7, 6), date(2026, 8, 30))
"""Eight whole weeks, Monday to Sunday."""
MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")
PERIODS = ("2026-09", "2026-10")
"""Verified."""

CACHING = (date(2026, 8, 31), date(2026, 8, 31))
"""First and last day of a rollout; its calls count on neither side."""
BRIEF_CAP = (date(2026, 8, 31), date(2026, 8, 31))
BATCHES = (date(2026, 9, 7), date(2026, 9, 9))
FORMS_CAP = (date(2026, 10, 1), date(2026, 10, 2))
ROUTING = (date(2026, 10, 1), date(2026, 10, 4))
BORN = date(2026, 9, 14)
RETIRED = date(2026, 8, 28)
LOAD_TEST = (date(2026, 9, 21), date(2026, 9, 22))
HALF_PAGE = (date(2026, 10, 19), date(2026, 10, 31))
"""The client itself asks for half a page: from here on the cap shortens nothing."""

OPUS, SONNET = "claude-opus-4-8", "claude-sonnet-5"


def caller(workload: str, workspace: str) -> Caller:
    """Give the program behind a workload, which names itself."""
    return Caller(f"wrkspc_syn_{workspace}", f"{workload}-key", workload, workload)


DESK = caller("desk-assistant", "desk")
FORMS = caller("customs-forms", "customs")
MAIL = caller("carrier-mail", "desk")
BRIEF = caller("daily-brief", "office")
VOICE = caller("voice-notes", "office")
FAX = caller("fax-sorting", "office")


def days(first: date = FIRST_DAY, last: date = LAST_DAY) -> tuple[date, ...]:
    """Give every day, both ends inclusive."""
    return tuple(first + timedelta(n) for n in range((last - first).days + 1))


def is_workday(day: date) -> bool:
    """Tell Monday to Friday from the weekend."""
    return day.isoweekday() not in (6, 7)
