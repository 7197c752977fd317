"""Rates as whole pico-dollars (1e-12 USD) per token, and the quote that a bill multiplies by."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.prices.schema import RateRules

PICO_PER_USD = 10**12
_TOKENS_PER_MTOK = 10**6


@dataclass(frozen=True, slots=True)
class Rates:
    """Pico-dollars per token, by billed kind."""

    input: int
    read: int
    write_5m: int
    write_1h: int
    output: int

    @classmethod
    def of(cls, rules: RateRules) -> "Rates":
        """Turn dollars for each million tokens into pico-dollars per token."""
        return cls(
            input=pico(rules.input),
            read=pico(rules.cache_read),
            write_5m=pico(rules.cache_write_5m),
            write_1h=pico(rules.cache_write_1h),
            output=pico(rules.output),
        )

    def times(self, factor: Fraction) -> "Rates":
        """Scale every rate; a rate that would not be whole is refused, never rounded."""
        return Rates(
            input=whole(self.input * factor),
            read=whole(self.read * factor),
            write_5m=whole(self.write_5m * factor),
            write_1h=whole(self.write_1h * factor),
            output=whole(self.output * factor),
        )


@dataclass(frozen=True, slots=True)
class Quote:
    """What one request pays, for one model, day, tier, speed and place of inference."""

    base: Rates
    over: Rates | None
    """For every token of a request whose whole prompt is strictly longer than `threshold`."""
    threshold: int | None
    web_search: int
    """Pico-dollars a search."""


def pico(usd: str, tokens: int = _TOKENS_PER_MTOK) -> int:
    """Give pico-dollars for one unit of a price in dollars for `tokens` units."""
    return whole(Fraction(usd) * PICO_PER_USD / tokens)


def whole(value: Fraction) -> int:
    """Give the integer that `value` is."""
    if value.denominator != 1:
        message = f"{value} pico-dollars is not a whole number"
        raise ArithmeticError(message)
    return value.numerator
