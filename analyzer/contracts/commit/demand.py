"""What the term may need: list-price use by month, on many seeded paths, before and after levers.

Weeks of the history are drawn in blocks of four, all workloads together, so that a busy month is a
busy month for all of them (circular block bootstrap, Politis and Romano 1992: blocks wrap round,
which gives every week the same weight). Weeks are laid over whole calendar months day by day,
because invoices and commits are counted in calendar months; periods of four weeks would make
thirteen of a year. Growth counts from the middle of the history, where its mean lies.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.contracts.commit.months import month_starts, week_shares
from analyzer.contracts.commit.outlook import Outlook
from analyzer.errors import ContractError

Floats = npt.NDArray[np.float64]

BLOCK_WEEKS = 4
LEAST_WEEKS = 8
"""Two blocks: fewer weeks can show no spread between blocks."""
DAYS_A_MONTH = 365.25 / 12
_BLOCKS, _GROWTH, _CUTS, _BIRTHS, _RETIREMENTS, _STEPS = range(6)


@dataclass(frozen=True, slots=True)
class History:
    """Whole weeks of list-price use, USD, every workload beside the others."""

    first_day: dt.date
    weekly: Mapping[str, Sequence[float]]
    """Use of each week by workload; all equally long, oldest first."""


@dataclass(frozen=True, slots=True)
class Step:
    """One accepted lever of one workload, worth what it adds to the steps before it."""

    lever: str
    workload: str
    share: float
    """Mean saving as a share of the workload's use without any lever."""
    share_sd: float
    """Its standard deviation; the share is drawn from the beta distribution with both."""
    earliest: dt.date
    latest: dt.date
    """Goes live on any day between the two, each as likely."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Paths of list-price use, USD, each array of shape (months, paths)."""

    months: tuple[dt.date, ...]
    after_steps: tuple[Floats, ...]
    """Use with the first n levers, n = 0 (none) to all."""
    price_index: Floats
    """List prices against those at the start of the term."""

    @property
    def before(self) -> Floats:
        """Use without levers."""
        return self.after_steps[0]

    @property
    def after(self) -> Floats:
        """Use with all accepted levers."""
        return self.after_steps[-1]


@dataclass(frozen=True, slots=True)
class Term:
    """The months to look at; the end is exclusive."""

    start: dt.date
    end: dt.date


def paths(
    history: History,
    term: Term,
    outlook: Outlook,
    steps: Sequence[Step],
    count: int,
    seed: int,
) -> Demand:
    """Draw `count` paths; the same seed gives the same bytes, and steps change no other draw."""
    weeks = _checked(history, steps)
    starts = month_starts(term.start, term.end)
    shares = week_shares(starts, term.end)
    length = shares[-1][1] + 1
    chosen = _weeks(weeks, length, count, seed)
    index = _price_index(outlook, len(starts), count, seed)
    common = _growth(outlook, history.first_day, weeks, term.start, (length, count), seed)
    after = [np.zeros((len(starts), count)) for _ in range(len(steps) + 1)]
    ends = _retirements(outlook, len(history.weekly), length, count, seed)
    week = np.arange(length)[:, None]
    for place, (name, told) in enumerate(history.weekly.items()):
        use = np.asarray(told, np.float64)[chosen] * common * (week < ends[place])
        left = np.ones((length, count))
        for number in range(len(steps) + 1):
            if number and steps[number - 1].workload == name:
                left -= _saved(steps[number - 1], number, term.start, (length, count), seed)
            _add_months(after[number], use * np.maximum(left, 0.0), shares)
    born = _births(outlook, history, common, count, seed)
    for each in after:
        if born is not None:
            _add_months(each, born, shares)
        np.multiply(each, index, out=each)
    return Demand(tuple(starts), tuple(after), index)


def _checked(history: History, steps: Sequence[Step]) -> int:
    """Refuse a history that no path can be drawn from; give its weeks."""
    lengths = {len(told) for told in history.weekly.values()}
    if len(lengths) != 1:
        raise ContractError("history: give every workload the same weeks, 0 where it had no use")
    weeks = lengths.pop()
    if weeks < LEAST_WEEKS:
        raise ContractError(
            f"history: {weeks} whole weeks are too few to size a commit, at least {LEAST_WEEKS}"
            " are needed: ingest older logs or wait"
        )
    for name, told in history.weekly.items():
        if not all(math.isfinite(use) and use >= 0 for use in told):
            raise ContractError(f"history: {name} has a week that is negative or no number")
    for step in steps:
        _check_step(step, history)
    return weeks


def _check_step(step: Step, history: History) -> None:
    at = f"{step.lever} of {step.workload}"
    if step.workload not in history.weekly:
        raise ContractError(f"{at}: the history has no such workload")
    if not 0 <= step.share < 1 or not 0 <= step.share_sd**2 <= step.share * (1 - step.share):
        raise ContractError(f"{at}: a saving is a share from 0 to below 1 with a spread it allows")
    if step.latest < step.earliest:
        raise ContractError(f"{at}: its latest day is before its earliest")


def _draws(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], np.uint64)))


def _weeks(weeks: int, length: int, count: int, seed: int) -> npt.NDArray[np.int64]:
    blocks = -(-length // BLOCK_WEEKS)
    begun = _draws(seed, _BLOCKS).integers(0, weeks, (blocks, 1, count))
    inside = np.arange(BLOCK_WEEKS)[None, :, None]
    drawn: npt.NDArray[np.int64] = ((begun + inside) % weeks).reshape(-1, count)[:length]
    return drawn


def _growth(
    outlook: Outlook,
    first_day: dt.date,
    weeks: int,
    start: dt.date,
    shape: tuple[int, int],
    seed: int,
) -> Floats:
    middle = (start - first_day).days - weeks * 3.5
    months = (middle + np.arange(shape[0]) * 7 + 3.5) / DAYS_A_MONTH
    drawn = _draws(seed, _GROWTH).standard_normal(shape[1])
    rate = float(outlook.growth_monthly) + float(outlook.growth_spread) * drawn
    grown: Floats = np.exp(months[:, None] * rate)
    return grown


def _price_index(outlook: Outlook, months: int, count: int, seed: int) -> Floats:
    cut = _draws(seed, _CUTS).random((months, count)) < float(outlook.price_cut_chance)
    index: Floats = (1 - float(outlook.price_cut)) ** cut.cumsum(axis=0)
    return index


def _retirements(
    outlook: Outlook, workloads: int, length: int, count: int, seed: int
) -> npt.NDArray[np.int64]:
    """First week without each workload; `length` where it stays."""
    chance = float(outlook.retirement_chance)
    if not chance:
        return np.full((workloads, count), length)
    month = _draws(seed, _RETIREMENTS).geometric(chance, (workloads, count))
    last = np.minimum(month * DAYS_A_MONTH / 7, length)
    weeks: npt.NDArray[np.int64] = last.astype(np.int64)
    return weeks


def _births(
    outlook: Outlook, history: History, common: Floats, count: int, seed: int
) -> Floats | None:
    if not outlook.births_monthly:
        return None
    weekly = float(outlook.births_monthly) * 7 / DAYS_A_MONTH
    born = _draws(seed, _BIRTHS).poisson(weekly, (len(common), count)).cumsum(axis=0)
    mean = sum(sum(told) / len(told) for told in history.weekly.values())
    use: Floats = born * (float(outlook.birth_share) * mean) * common
    return use


def _saved(step: Step, number: int, start: dt.date, shape: tuple[int, int], seed: int) -> Floats:
    """Share of the workload's use that the step saves, by week."""
    draw = _draws(seed, _STEPS + number)
    first, last = ((day - start).days for day in (step.earliest, step.latest))
    live = draw.uniform(first, last, shape[1]) if last > first else np.full(shape[1], first)
    share = np.full(shape[1], step.share)
    if step.share_sd:
        weight = step.share * (1 - step.share) / step.share_sd**2 - 1
        share = draw.beta(step.share * weight, (1 - step.share) * weight, shape[1])
    part = np.clip((np.arange(shape[0])[:, None] * 7 + 7 - live) / 7, 0.0, 1.0)
    saved: Floats = share * part
    return saved


def _add_months(total: Floats, weekly: Floats, shares: list[tuple[int, int, int]]) -> None:
    for month, week, days in shares:
        total[month] += weekly[week] * (days / 7)
