"""What the book knows of a model besides its prices."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analyzer.prices.rates import Rates
from analyzer.prices.schema import ASSUMED, ModelRules


@dataclass(frozen=True, slots=True)
class Accepts:
    """Request features: True runs, False is refused with a 400, None is not known."""

    forced_tool_choice: bool | None
    sampling_params: bool | None
    prefill: bool | None
    thinking_disabled: bool | None
    budget_tokens: bool | None


@dataclass(frozen=True, slots=True)
class Minimum:
    """Smallest prompt that the vendor caches."""

    tokens: int
    certain: bool
    """False where sources disagree, the change has no exact date, or the figure is assumed."""


@dataclass(frozen=True, slots=True)
class TokenRatio:
    """Tokens that a text makes on one model for each token it makes on another."""

    central: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One model and price period, for a person to read."""

    model: str
    since: date | None
    """First day; None where the release is not known."""
    until: date | None
    """First day without this price; None when it still holds."""
    rates: Rates
    over: Rates | None
    threshold: int | None
    confidence: str
    sources: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model without its prices."""

    id: str
    line: str
    family: str
    """Tokenizer family: t1, or t2 from Opus 4.7 on."""
    released: date | None
    retires: date | None
    """Firm dates only; a promise to keep a model until some day is none."""
    flags: Accepts
    windows: tuple[tuple[date | None, int], ...]
    """(first day, longest context in tokens), oldest first."""
    suspended: tuple[tuple[date | None, date | None], ...]
    """(first day, first day served again)."""

    def context_window(self, day: date) -> int:
        """Give the longest context of that day, in tokens."""
        return [tokens for since, tokens in self.windows if since is None or since <= day][-1]

    def sold(self, day: date) -> bool:
        """Tell whether a request could be sent all that day; a retirement day does not count."""
        released = self.released is None or self.released <= day
        kept = self.retires is None or day < self.retires
        away = any((a is None or a <= day) and (b is None or day < b) for a, b in self.suspended)
        return released and kept and not away


def facts_of(name: str, model: ModelRules) -> ModelFacts:
    """Read a model's facts from its rules."""
    return ModelFacts(
        id=name,
        line=model.line,
        family=model.tokenizer,
        released=model.released,
        retires=model.retires.on if model.retires else None,
        flags=Accepts(**model.accepts.model_dump()),
        windows=tuple((period.since, period.tokens) for period in model.context),
        suspended=tuple((period.since, period.until) for period in model.suspended),
    )


def minimum_of(model: ModelRules, day: date) -> Minimum:
    """Give the minimum of that day: the highest of all that may have been in force."""
    possible = [
        period
        for period in model.minimum
        if period.from_earliest is None or period.from_earliest <= day
    ]
    sure = [p for p in possible if p.from_latest is None or p.from_latest <= day]
    open_now = possible[possible.index(sure[-1]) :]
    certain = len(open_now) == 1 and ASSUMED not in open_now[0].sources
    return Minimum(max(period.tokens for period in open_now), certain)
