"""What changes on a day in the book: prices, fast mode, retirements, minimums, windows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from analyzer.prices.schema import ModelRules, PricePeriod, RateRules

ChangeKind = Literal[
    "price", "fast", "retirement", "promise", "suspension", "minimum", "context"
]  # fmt: skip
"""`promise`: the first day on which the vendor may retire the model, as far as it has promised."""

_METERS = (
    ("input", "uncached"),
    ("cache_read", "read"),
    ("cache_write_5m", "write 5m"),
    ("cache_write_1h", "write 1h"),
    ("output", "output"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One dated change of one model."""

    day: date
    """First day of the new state; of a retirement, the day itself."""
    last: date
    """The same, but for a minimum whose day is not known: then the last day it may begin."""
    kind: ChangeKind
    model: str
    what: str
    sources: tuple[str, ...]
    old: int = 0
    """Tokens: the minimum or the window of before; 0 for other kinds."""
    new: int = 0

    def within(self, since: date, until: date) -> bool:
        """Tell whether it happens, or may happen, between two days (both inclusive)."""
        return self.day <= until and self.last >= since


def changes_of(name: str, model: ModelRules, texts: Mapping[str, str]) -> Iterator[Change]:
    """Give every dated change of a model, kind by kind."""

    def told(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(texts[each] for each in ids)

    for old, new in pairwise(model.prices):
        if new.since is not None:
            what = _moved(old, new)
            yield Change(new.since, new.since, "price", name, what, told(new.sources))
    for day, what, sources in _fast(model):
        yield Change(day, day, "fast", name, what, told(sources))
    facts = told(model.facts)
    for day, kind, what in _life(model):
        yield Change(day, day, kind, name, what, facts)
    yield from _tokens(name, model, texts)


def _moved(old: PricePeriod, new: PricePeriod) -> str:
    parts = list(_rates(old.standard, new.standard))
    if old.over and new.over:
        over = _rates(old.over.rates, new.over.rates)
        parts += [f"{part} in prompts over {new.over.threshold:,}" for part in over]
    elif old.over:
        parts.append(f"the premium over {old.over.threshold:,} prompt tokens ends")
    elif new.over:
        parts.append(f"a premium over {new.over.threshold:,} prompt tokens begins")
    return ", ".join(parts) or "no rate moves"


def _rates(old: RateRules, new: RateRules) -> Iterator[str]:
    for field, words in _METERS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield f"{words} ${before} to ${after}"


def _fast(model: ModelRules) -> Iterator[tuple[date, str, list[str]]]:
    """Ends of fast mode and new multipliers; that it begins changes no traffic that there is."""
    begins = {period.since: period for period in model.fast}
    for period in model.fast:
        if period.until is None:
            continue
        after = begins.get(period.until)
        if after is None:
            yield period.until, "fast mode ends: such requests fail", period.sources
        else:
            what = f"fast mode {period.multiplier}x to {after.multiplier}x"
            yield period.until, what, after.sources


def _life(model: ModelRules) -> Iterator[tuple[date, ChangeKind, str]]:
    if model.retires is not None and model.retires.on is not None:
        yield model.retires.on, "retirement", "retired: requests fail"
    elif model.retires is not None and model.retires.not_before is not None:
        day = model.retires.not_before
        yield day, "promise", f"kept until {day} at least; no date of retirement is told"
    for gap in model.suspended:
        if gap.since is not None:
            end = gap.until or "further notice"
            yield gap.since, "suspension", f"not served until {end}: requests fail"


def _tokens(name: str, model: ModelRules, texts: Mapping[str, str]) -> Iterator[Change]:
    for low, high in pairwise(model.minimum):
        day = high.from_earliest or high.from_latest
        if day is not None:
            what = f"smallest cached prompt {low.tokens:,} to {high.tokens:,} tokens"
            last = high.from_latest or day
            if last != day:
                what += f", on some day from {day} to {last}"
            told = tuple(texts[each] for each in high.sources)
            yield Change(day, last, "minimum", name, what, told, low.tokens, high.tokens)
    for short, long in pairwise(model.context):
        if long.since is not None:
            what = f"longest prompt {short.tokens:,} to {long.tokens:,} tokens"
            facts = tuple(texts[each] for each in model.facts)
            yield Change(
                long.since, long.since, "context", name, what, facts, short.tokens, long.tokens
            )
