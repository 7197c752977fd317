"""Days that stand out and events of a month: each day is told only what earlier days tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from analyzer.contracts.review.months import DAY, Span, each_day
from analyzer.contracts.review.spending import Spending, number_of
from analyzer.prices import Book
from analyzer.results import Pico
from analyzer.results.review import Event, OddDay, Watch
from analyzer.statistics.anomalies import DayFacts, anomaly, events
from analyzer.traffic import BUCKETS, day_of

ALL = "all workloads"
_WEEK = timedelta(7)
_FEWEST = 4
_FEWEST_RETRIES = 5
"""Fewer retried calls in a workload's day are chance."""
_LEAST_SHARE = Fraction(5, 100)
"""Of a day's cost: a smaller workload is not worth an event."""


def watch(spent: Spending, span: Span, book: Book, workloads: Sequence[str]) -> Watch:
    """Hold each day of the month against its weekday, and read its events."""
    days = each_day(span.days)
    judged = [day for day in days if len(_weekdays_before(day, span)) >= _FEWEST]
    told = each_day((span.logged[0], span.days[1]))
    totals = spent.by_day(told)
    series = {ALL: totals} | {name: spent.by_day(told, name) for name in workloads}
    found = [odd for day in judged for odd in _odd(day, series, totals, span)]
    return Watch(
        odd_days=tuple(found),
        events=tuple(_events(spent, span, book)),
        judged=len(judged),
        unjudged=len(days) - len(judged),
    )


def _odd(
    day: date, series: Mapping[str, Mapping[date, Pico]], totals: Mapping[date, Pico], span: Span
) -> Iterator[OddDay]:
    for what, paid in series.items():
        history = [paid[each] for each in _weekdays_before(day, span)]
        found = anomaly(history, paid[day], totals[day])
        if found is not None and found.flagged:
            score = "" if found.score is None else f"{found.score:.1f}"
            yield OddDay(day.isoformat(), what, paid[day], found.usual, found.impact, score)


def _weekdays_before(day: date, span: Span) -> list[date]:
    """The same weekday earlier in the log, oldest first."""
    weeks = (day - span.logged[0]) // _WEEK
    return [day - _WEEK * back for back in range(weeks, 0, -1)]


def _events(spent: Spending, span: Span, book: Book) -> Iterator[Event]:
    """Read events of models over all traffic, of caches and retries within each workload."""
    changes, first_seen = _price_changes(spent, span, book), _first_seen(spent)
    counts, cost = _counts(spent), spent.by_day(each_day(span.days))
    for day in each_day(span.days):
        seen = frozenset(
            name for name, first in first_seen.items() if span.logged[0] < first == day
        )
        today = DayFacts(seen, changes.get(day, ()), None, None)
        nothing = DayFacts(frozenset(), (), None, None)
        yield from (Event(day.isoformat(), ALL, what) for what in events(nothing, today))
        for workload, own in counts.items():
            if (now := own.get(day)) and now.cost >= _LEAST_SHARE * cost[day]:
                before = [own[each] for each in _week_before(day) if each in own]
                facts = events(_facts(before), _facts([now], _FEWEST_RETRIES))
                yield from (Event(day.isoformat(), workload, what) for what in facts)


@dataclass(frozen=True, slots=True)
class _Counts:
    """One workload's day."""

    calls: int
    retried: int
    read: int
    prompt: int
    cost: Pico


def _counts(spent: Spending) -> dict[str, dict[date, _Counts]]:
    """By workload and day; costs at list, which only weigh a workload against its day."""
    sums = spent.rows.group_by("workload", "day").agg(
        calls=(~pl.col("extra")).sum(),
        retried=(~pl.col("extra") & (pl.col("attempt").fill_null(0) > 0)).sum(),
        read=pl.col("read").sum(),
        prompt=pl.sum_horizontal(*BUCKETS).sum(),
        pico=pl.col("pico").cast(pl.Int128).sum(),
    )
    found: dict[str, dict[date, _Counts]] = {}
    for name, day, calls, retried, read, prompt, pico in sums.sort("workload", "day").iter_rows():
        one = _Counts(int(calls), int(retried), int(read), int(prompt), Pico(int(pico)))
        found.setdefault(str(name), {})[day_of(int(day))] = one
    return found


def _facts(days: Sequence[_Counts], least: int = 0) -> DayFacts:
    """One day's shares, or those of the week before: a single day before is often a weekend."""
    prompt, calls = sum(one.prompt for one in days), sum(one.calls for one in days)
    retried = sum(one.retried for one in days)
    return DayFacts(
        models=frozenset(),
        price_changes=(),
        cache_share=Fraction(sum(one.read for one in days), prompt) if prompt else None,
        retry_share=Fraction(retried, calls) if calls and retried >= least else None,
    )


def _week_before(day: date) -> list[date]:
    return each_day((day - _WEEK, day - DAY))


def _first_seen(spent: Spending) -> dict[str, date]:
    firsts = spent.rows.group_by("model").agg(pl.col("day").min()).sort("model")
    return {str(model): day_of(int(day)) for model, day in firsts.iter_rows()}


def _price_changes(spent: Spending, span: Span, book: Book) -> dict[date, tuple[str, ...]]:
    """Moves of the models that the log has met by the month's end, by day."""
    met = set(spent.rows.filter(pl.col("day") <= number_of(span.days[1]))["model"].unique())
    found: dict[date, tuple[str, ...]] = {}
    for one in book.changes():
        if one.kind == "price" and one.model in met and span.days[0] <= one.day <= span.days[1]:
            found[one.day] = (*found.get(one.day, ()), f"{one.model}, {one.what} a million tokens")
    return found
