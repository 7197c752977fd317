"""A price that somebody announces, put over the book's own."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analyzer.errors import PriceError
from analyzer.prices.schema import FastPeriod, ModelRules, PricePeriod, RateRules, Rules

MoveMeter = Literal[
    "uncached", "read", "write_5m", "write_1h", "output", "input", "tokens",
    "web_search", "batch", "fast",
]  # fmt: skip
"""`input` is uncached, reads and writes; `tokens` output too; `batch` and `fast` multiply."""

_FIELDS: dict[str, tuple[str, ...]] = {
    "uncached": ("input",),
    "read": ("cache_read",),
    "write_5m": ("cache_write_5m",),
    "write_1h": ("cache_write_1h",),
    "output": ("output",),
    "input": ("input", "cache_read", "cache_write_5m", "cache_write_1h"),
}
_FIELDS["tokens"] = (*_FIELDS["input"], "output")
SINGLE = ("uncached", "read", "write_5m", "write_1h", "output", "web_search", "batch", "fast")
"""Meters with one price, which a move may name; the others move by percent."""
_PLACES = 12


@dataclass(frozen=True, slots=True)
class Move:
    """A new price of one meter of one model, or of web search."""

    model: str | None
    """None for web search, whose price is that of the whole book."""
    meter: MoveMeter
    price: Fraction | None
    """USD for each million tokens, for each thousand searches, or the multiplier itself."""
    factor: Fraction | None
    """New over old; either this or `price` is given."""


def moved(rules: Rules, move: Move) -> Rules:
    """Give the rules with the move in every period; ask them about days from its date on.

    Raises:
        PriceError: the model has no such price, or the new one is no short decimal.
    """
    if move.model is None:
        now = rules.web_search.usd_per_thousand
        search = rules.web_search.model_copy(update={"usd_per_thousand": _new(now, move)})
        return rules.model_copy(update={"web_search": search})
    model = _model(move.model, rules.models[move.model], move)
    return rules.model_copy(update={"models": {**rules.models, move.model: model}})


def _model(name: str, model: ModelRules, move: Move) -> ModelRules:
    if move.meter == "batch":
        if model.batch is None:
            raise PriceError(f"{name} has no batch price to move")
        return model.model_copy(update={"batch": _new(model.batch, move)})
    if move.meter == "fast":
        if not model.fast:
            raise PriceError(f"{name} has no fast mode to move")
        return model.model_copy(update={"fast": [_fast(each, move) for each in model.fast]})
    return model.model_copy(update={"prices": [_period(each, move) for each in model.prices]})


def _fast(period: FastPeriod, move: Move) -> FastPeriod:
    return period.model_copy(update={"multiplier": _new(period.multiplier, move)})


def _period(period: PricePeriod, move: Move) -> PricePeriod:
    """Move standard rates as told, and those of long prompts in the same proportion."""
    standard, over = period.standard, period.over
    moves = {name: _new(getattr(standard, name), move) for name in _FIELDS[move.meter]}
    if over is not None:
        ratios = {name: _ratio(moves[name], getattr(standard, name)) for name in moves}
        long = {
            name: _text(Fraction(getattr(over.rates, name)) * by) for name, by in ratios.items()
        }
        over = over.model_copy(update={"rates": _with(over.rates, long)})
    return period.model_copy(update={"standard": _with(standard, moves), "over": over})


def _with(rates: RateRules, new: dict[str, str]) -> RateRules:
    return rates.model_copy(update=new)


def _ratio(new: str, old: str) -> Fraction:
    return Fraction(new) / Fraction(old) if Fraction(old) else Fraction(1)


def _new(old: str, move: Move) -> str:
    if move.price is not None:
        return _text(move.price)
    return _text(Fraction(old) * (move.factor if move.factor is not None else 1))


def _text(value: Fraction) -> str:
    """Exact decimal text, as the rules file writes prices."""
    for places in range(_PLACES + 1):
        scaled = value * 10**places
        if scaled.denominator == 1:
            whole, part = divmod(scaled.numerator, 10**places)
            return f"{whole}.{part:0{places}d}" if places else str(whole)
    raise PriceError(f"{value} is no price of {_PLACES} decimals; name the new price")
