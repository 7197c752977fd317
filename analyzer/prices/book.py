"""The price book: dated list prices with their sources, and what else is known of each model."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from importlib import resources

from pydantic import ValidationError

from analyzer.errors import PriceError
from analyzer.prices import names
from analyzer.prices.changes import Change, changes_of
from analyzer.prices.facts import (
    Minimum,
    ModelFacts,
    PriceRow,
    TokenRatio,
    facts_of,
    minimum_of,
)
from analyzer.prices.modifiers import (
    CLOUD,
    geo_factor,
    is_elsewhere,
    is_fast,
    is_untold,
    speed_factor,
    tier_factor,
)
from analyzer.prices.moves import Move, moved
from analyzer.prices.rates import Quote, Rates, pico
from analyzer.prices.schema import ModelRules, PricePeriod, Retirement, Rules


class Book:
    """List prices of the Claude API by model and day; it never guesses one."""

    def __init__(self, rules: Rules, sha256: str) -> None:
        self.version: str = rules.version
        self.sha256: str = sha256
        """Of the rules file, so that a report can name the exact book."""
        self._rules = rules
        self._names = {
            name: model_id
            for model_id, model in rules.models.items()
            for name in (model_id, *model.aliases)
        }

    @classmethod
    def load(cls) -> "Book":
        """Give the book that ships with the program."""
        return _shipped()

    @classmethod
    def from_json(cls, text: bytes) -> "Book":
        """Read a rules file; a key or value that does not belong is refused."""
        try:
            rules = Rules.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "file"
            raise PriceError(f"price rules: {where}: {first['msg']}; correct the entry") from error
        return cls(rules, hashlib.sha256(text).hexdigest())

    def models(self) -> tuple[str, ...]:
        """Give every model id."""
        return tuple(self._rules.models)

    def canonical(self, model: str) -> str | None:
        """Give the book's id for a name as a log writes it; None when the book lacks it."""
        return names.canonical(model, self._names)

    def quote(
        self,
        model: str,
        day: date,
        tier: str | None = None,
        speed: str | None = None,
        geo: str | None = None,
    ) -> Quote:
        """Give the rates of a request; `PriceError` where the book holds none.

        Retirements are those of the vendor's own platforms: Bedrock and Google Cloud set their own,
        so a call that they answered later keeps the last price.
        """
        name, rules = self._find(model)
        period = _period(name, rules, day, ends=not is_elsewhere(geo))
        if is_fast(speed) and tier == "batch":
            raise PriceError("speed fast in batch")
        factor = tier_factor(name, rules, tier) * geo_factor(name, rules, geo)
        factor *= speed_factor(name, rules, speed, day)
        # Fast mode had no long-context premium: one price over the whole window (pricing_spring).
        over = None if is_fast(speed) else period.over
        return Quote(
            base=Rates.of(period.standard).times(factor),
            over=Rates.of(over.rates).times(factor) if over else None,
            threshold=over.threshold if over else None,
            web_search=pico(self._rules.web_search.usd_per_thousand, 1000),
        )

    def may_cost_more(self, model: str, geo: str | None = None) -> bool:
        """Tell whether list price stands in for a call that a regional endpoint may have answered.

        `model` is the name as the log writes it: a Bedrock id says whether it is `global.`.
        """
        name = self.canonical(model)
        untold = is_untold(geo) and (geo == CLOUD or names.may_be_regional(model))
        if name is None or not untold:
            return False
        return Fraction(self._rules.models[name].geo_regional) > 1

    def outlived(self, model: str, day: date, geo: str | None = None) -> bool:
        """Tell whether a cloud served a model that the vendor had retired, at its last price."""
        name = self.canonical(model)
        retires = self._rules.models[name].retires if name else None
        ended = retires is not None and retires.on is not None and day > retires.on
        return ended and is_elsewhere(geo)

    def minimum(self, model: str, day: date) -> Minimum:
        """Give the smallest prompt that is cached on that day."""
        return minimum_of(self._find(model)[1], day)

    def facts(self, model: str) -> ModelFacts:
        """Give what is known of a model besides its prices."""
        return facts_of(*self._find(model))

    def token_ratio(self, source: str, target: str) -> TokenRatio:
        """Give the tokens a text makes on `target` for each token it makes on `source`."""
        families = (self.facts(source).family, self.facts(target).family)
        rule = self._rules.tokenizer
        if families[0] == families[1]:
            return TokenRatio(Fraction(1), Fraction(1), Fraction(1))
        ratio, low, high = Fraction(rule.ratio), Fraction(rule.low), Fraction(rule.high)
        if families == (rule.source_family, rule.target_family):
            return TokenRatio(ratio, low, high)
        return TokenRatio(1 / ratio, 1 / high, 1 / low)

    def successor(self, model: str, day: date) -> str | None:
        """Give the newest later model of the same line that is sold that day and not dearer.

        Rates are compared per token: a newer tokenizer may still make the same text cost more.
        """
        price = self._last_quote(self.facts(model), day)
        later = self.successors(model, day)
        return next((name for name in later if _not_dearer(self.quote(name, day), price)), None)

    def successors(self, model: str, day: date) -> tuple[str, ...]:
        """Give every later model of the same line that is sold that day, newest first."""
        mine = self.facts(model)
        later = [
            other
            for other in map(self.facts, self.models())
            if other.line == mine.line and _age(other) > _age(mine) and other.sold(day)
        ]
        return tuple(other.id for other in sorted(later, key=_age, reverse=True))

    def changes(self) -> tuple[Change, ...]:
        """Give every dated change, by day, then model."""
        every = (
            change
            for name, model in self._rules.models.items()
            for change in changes_of(name, model, self._rules.sources)
        )
        return tuple(sorted(every, key=lambda one: (one.day, one.model, one.kind)))

    def with_move(self, move: Move) -> "Book":
        """Give the book under an announced price; it holds for days from the move's date on."""
        return Book(moved(self._rules, move), self.sha256)

    def with_retirement(self, model: str, day: date) -> "Book":
        """Give the book in which a model retires on that day."""
        name, rules = self._find(model)
        retired = rules.model_copy(update={"retires": Retirement(on=day)})
        models = {**self._rules.models, name: retired}
        return Book(self._rules.model_copy(update={"models": models}), self.sha256)

    def rows(self) -> tuple[PriceRow, ...]:
        """Give one row for each model and price period, with the texts of its sources."""
        return tuple(self._rows())

    def _rows(self) -> Iterator[PriceRow]:
        for name, model in self._rules.models.items():
            retires = model.retires.on if model.retires else None
            for period in model.prices:
                yield PriceRow(
                    model=name,
                    since=period.since or model.released,
                    until=period.until or (retires + timedelta(days=1) if retires else None),
                    rates=Rates.of(period.standard),
                    over=Rates.of(period.over.rates) if period.over else None,
                    threshold=period.over.threshold if period.over else None,
                    confidence=period.confidence,
                    sources=tuple(self._rules.sources[source] for source in period.sources),
                    note=period.note,
                )

    def _find(self, model: str) -> tuple[str, ModelRules]:
        name = self.canonical(model)
        if name is None:
            raise PriceError(f"model {model}")
        return name, self._rules.models[name]

    def _last_quote(self, facts: ModelFacts, day: date) -> Quote:
        """Quote the day, or the nearest day on which the model had a price."""
        if facts.retires is not None:
            day = min(day, facts.retires)
        if facts.released is not None:
            day = max(day, facts.released)
        return self.quote(facts.id, day)


def _period(name: str, model: ModelRules, day: date, *, ends: bool) -> PricePeriod:
    if model.released is not None and day < model.released:
        raise PriceError(f"{name} before its release {model.released}")
    # On the day itself the model still answered for some hours, and those calls were billed.
    last = model.retires.on if model.retires is not None and ends else None
    if last is not None and day > last:
        raise PriceError(f"{name} after its retirement {last}")
    return next(period for period in model.prices if period.holds(day))


def _age(facts: ModelFacts) -> date:
    """Release day; models whose day is not known are older than all others."""
    return facts.released or date.min


def _not_dearer(candidate: Quote, price: Quote) -> bool:
    pairs = (
        (candidate.base, price.base),
        (candidate.over or candidate.base, price.over or price.base),
    )
    return all(new.input <= old.input and new.output <= old.output for new, old in pairs)


@cache
def _shipped() -> Book:
    return Book.from_json(resources.files("analyzer.prices").joinpath("rules.json").read_bytes())
