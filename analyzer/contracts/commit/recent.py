"""Whether use changed lately in a way that the drawn weeks hide, and what that does to a commit.

Demand is drawn from all weeks of the history, each as likely, so that a fall in the last of them is
watered down by those before. Two measures stand against it: the last week and the last three days
against what the draw takes for now, and the trend of the weeks against the growth of the outlook.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from analyzer.contracts.commit.demand import DAYS_A_MONTH, Demand
from analyzer.contracts.commit.history import WEEK, Weeks
from analyzer.contracts.commit.offers import PoolOffer
from analyzer.contracts.commit.outlook import Outlook
from analyzer.contracts.commit.terms import terms
from analyzer.results.sizing import RecentUse, Trend

RECENT_DAYS = (7, 3)
OWN = "The recommended commit: "
"""How a warning starts that is the buyer's alone."""
_LEAST = 0.001
"""A tenth of a per cent a month is no news."""
_ERRORS = 2
"""Standard errors by which trend and outlook may differ without a word."""


def trend(weeks: Weeks) -> Trend | None:
    """Monthly logarithmic growth of the weeks by least squares; none where a week had no use."""
    totals = [sum(told[place] for told in weeks.use.values()) for place in range(weeks.count)]
    if not all(totals):
        return None
    logs = np.array([math.log(total) for total in totals])
    at = np.arange(len(logs)) - (len(logs) - 1) / 2
    slope = float(at @ logs / (at @ at))
    rest = logs - logs.mean() - slope * at
    error = math.sqrt(float(rest @ rest) / (len(logs) - 2) / float(at @ at))
    return Trend(slope * DAYS_A_MONTH / WEEK, error * DAYS_A_MONTH / WEEK)


def recent_use(
    offer: PoolOffer, commit: Fraction, demand: Demand, weeks: Weeks, outlook: Outlook
) -> RecentUse:
    """Hold a commit against need as expected, had the last days been the level to start from."""
    part, days = min((_part(weeks, days), -days) for days in RECENT_DAYS)
    level = float(part) / _grown(weeks, outlook)
    length = offer.interval_months
    needs = demand.after.mean(axis=1).reshape(-1, length).sum(axis=1) * level
    under = terms(offer, commit)
    unused = [
        max(float(due) - float(1 - off) * need, 0.0)
        for due, off, need in zip(under.commits, under.discounts, needs, strict=True)
    ]
    return RecentUse(-days, level, sum(round(each * 100) for each in unused))


def warnings(found: Trend | None, outlook: Outlook, recommended: RecentUse | None) -> Iterator[str]:
    """Say where the log speaks against the outlook, and against the recommended commit."""
    used = float(outlook.growth_monthly)
    if found is not None:
        slack = _ERRORS * math.hypot(found.error, float(outlook.growth_spread))
        if abs(found.monthly - used) > max(slack, _LEAST):
            yield (
                f"Use moved by {found.monthly:+.1%} a month over the weeks of the history"
                f" (standard error {found.error:.1%}), and [outlook] growth_monthly expects"
                f" {used:+.1%}: make sure which holds for the term."
            )
    if recommended is not None and recommended.short_cents:
        yield (
            f"{OWN}the last {recommended.days} days used {recommended.level:.0%} of what the drawn"
            " weeks take for now. Should that be the new level,"
            f" ${recommended.short_cents / 100:,.2f} of the commit would go unused. Find out why"
            " before you sign."
        )


def _part(weeks: Weeks, days: int) -> Fraction:
    """Use of the last days over that of the same weekdays of all weeks."""
    usual = Fraction(sum(_same_weekdays(weeks.days, days)), weeks.count)
    return sum(weeks.days[-days:]) / usual if usual else Fraction(1)


def _grown(weeks: Weeks, outlook: Outlook) -> float:
    """What the outlook's growth makes of the mean week by the log's end."""
    return math.exp(float(outlook.growth_monthly) * weeks.count * WEEK / 2 / DAYS_A_MONTH)


def _same_weekdays(used: Sequence[int], days: int) -> Iterator[int]:
    for end in range(len(used), 0, -WEEK):
        yield sum(used[end - days : end])
