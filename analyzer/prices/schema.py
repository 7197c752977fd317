"""The shape of `rules.json`; a key or value that does not belong is refused."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

ASSUMED = "assumed"
"""Source id of a figure that no page gives; whatever rests on it is uncertain."""

Figure = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?$")]
"""A decimal as text, so that no float ever touches a price."""
Sources = Annotated[list[str], Field(min_length=1)]
Confidence = Literal["high", "medium", "low"]
Line = Literal["opus", "sonnet", "haiku", "fable", "mythos"]
Family = Literal["t1", "t2"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RateRules(_Strict):
    """One price list in USD for each million tokens."""

    input: Figure
    cache_write_5m: Figure
    cache_write_1h: Figure
    cache_read: Figure
    output: Figure


class OverRules(_Strict):
    """Rates of every token of a request whose whole prompt is longer than `threshold` tokens."""

    threshold: int = Field(gt=0)
    rates: RateRules


class _Span(_Strict):
    since: date | None = Field(alias="from")
    """First day; null means since release."""
    until: date | None = Field(alias="to")
    """First day on which it no longer holds; null means until further notice."""

    def holds(self, day: date) -> bool:
        """Tell whether the span covers the day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


class PricePeriod(_Span):
    """List prices between two days."""

    standard: RateRules
    over: OverRules | None = None
    sources: Sources
    confidence: Confidence
    note: str = ""


class FastPeriod(_Span):
    """What `speed: fast` multiplied the standard rates by between two days."""

    multiplier: Figure
    sources: Sources
    confidence: Confidence
    note: str = ""


class MinimumPeriod(_Strict):
    """Smallest prompt the vendor caches, in force from some day between two dates."""

    tokens: int = Field(gt=0)
    from_earliest: date | None
    from_latest: date | None
    sources: Sources


class ContextPeriod(_Span):
    """Longest context between two days."""

    tokens: int = Field(gt=0)


class Suspension(_Span):
    """Days on which the vendor did not serve the model."""


class Retirement(_Strict):
    """A firm date (`on`) or a promise (`not_before`)."""

    on: date | None = None
    not_before: date | None = None


class AcceptRules(_Strict):
    """True where a request with the feature runs, false where it is refused, null where unknown."""

    forced_tool_choice: bool | None
    sampling_params: bool | None
    prefill: bool | None
    thinking_disabled: bool | None
    budget_tokens: bool | None


class ModelRules(_Strict):
    """All the book holds of one model."""

    line: Line
    tokenizer: Family
    aliases: list[str]
    released: date | None
    retires: Retirement | None
    suspended: list[Suspension] = []
    prices: list[PricePeriod] = Field(min_length=1)
    fast: list[FastPeriod]
    batch: Figure | None
    geo_us: Figure | None
    geo_regional: Figure
    """A cloud's regional or multi-region endpoint; 1 for models sold at one price everywhere."""
    minimum: list[MinimumPeriod] = Field(min_length=1)
    context: list[ContextPeriod] = Field(min_length=1)
    accepts: AcceptRules
    facts: Sources
    """Sources of dates, windows and accepted features."""
    note: str = ""

    @model_validator(mode="after")
    def _periods_follow_each_other(self) -> "ModelRules":
        _require_unbroken("prices", self.prices)
        _require_unbroken("context", self.context)
        return self

    def cited(self) -> Iterable[str]:
        """Give every source id the model leans on."""
        yield from self.facts
        for priced in self.prices:
            yield from priced.sources
        for sped in self.fast:
            yield from sped.sources
        for floor in self.minimum:
            yield from floor.sources


class WebSearchRules(_Strict):
    """Price of the server-side web search; no modifier scales it."""

    usd_per_thousand: Figure
    sources: Sources


class TokenizerRules(_Strict):
    """How many tokens of one family the same text makes in the other."""

    source_family: Family = Field(alias="from")
    target_family: Family = Field(alias="to")
    ratio: Figure
    low: Figure
    high: Figure
    sources: Sources


class Rules(_Strict):
    """The whole file."""

    version: str
    sources: dict[str, str]
    web_search: WebSearchRules
    tokenizer: TokenizerRules
    batch_sources: Sources
    geo_sources: Sources
    regional_sources: Sources
    models: dict[str, ModelRules]

    @model_validator(mode="after")
    def _names_are_known_and_single(self) -> "Rules":
        names = [*self.models, *(a for model in self.models.values() for a in model.aliases)]
        twice = sorted({name for name in names if names.count(name) > 1})
        unknown = sorted(set(self._cited()) - set(self.sources))
        if twice or unknown:
            message = f"names used twice: {twice}; sources not listed: {unknown}"
            raise ValueError(message)
        return self

    def _cited(self) -> Iterable[str]:
        for model in self.models.values():
            yield from model.cited()
        yield from (*self.web_search.sources, *self.tokenizer.sources)
        yield from (*self.batch_sources, *self.geo_sources, *self.regional_sources)


class _Dated(Protocol):
    @property
    def since(self) -> date | None: ...
    @property
    def until(self) -> date | None: ...


def _require_unbroken(what: str, periods: Sequence[_Dated]) -> None:
    joined = all(a.until is not None and a.until == b.since for a, b in pairwise(periods))
    ordered = all(a.since is None or a.until is None or a.since < a.until for a in periods)
    if periods[0].since is not None or periods[-1].until is not None or not (joined and ordered):
        message = f"{what} must run from release to now without a gap or an overlap"
        raise ValueError(message)
