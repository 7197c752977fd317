"""An outside opinion: every shared figure of the book against genai-prices, on one day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from analyzer.errors import PriceError, RebillError
from analyzer.prices.book import Book
from analyzer.prices.gaps import KNOWN_GAPS, Kind
from analyzer.prices.rates import Quote, pico

Sheet = Mapping[str, int]
"""Pico-dollars by the name of the rate: `read`, `over read`, `web_search`."""

_CONTEXTS: dict[Kind, dict[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "fast": {"speed": "fast"},
}
_RATES = {
    "input": "input_mtok",
    "read": "cache_read_mtok",
    "write_5m": "cache_write_mtok",
    "write_1h": "cache_write_1h_mtok",
    "output": "output_mtok",
}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One figure on which the two differ."""

    model: str
    kind: Kind
    rate: str
    ours: int | None
    """Pico-dollars per token (or per search, or tokens for `over threshold`); None: no price."""
    theirs: int | None
    trap: int | None
    """Number of the known trap in `docs/prices.md`."""
    reason: str | None
    """Why, where it is known; None is a finding to look into."""


def crosscheck(book: Book, day: date) -> tuple[Disagreement, ...]:
    """Compare standard, batch and fast figures of every model that both hold on that day."""
    found: list[Disagreement] = []
    for model in book.models():
        standard = _theirs(model, day, "standard")
        if standard is None or _ours(book, model, day, "standard") is None:
            continue
        for kind in _CONTEXTS:
            found.extend(_compare(book, model, day, kind, standard))
    return tuple(found)


def _compare(
    book: Book, model: str, day: date, kind: Kind, standard: Sheet
) -> Iterator[Disagreement]:
    ours = _ours(book, model, day, kind)
    theirs = _theirs(model, day, kind) or {}
    if ours is None and (kind == "standard" or theirs == standard):
        # The library falls back to standard where it has no such price: both sell none.
        return
    for rate in sorted({*(ours or {}), *theirs}):
        mine, other = (ours or {}).get(rate), theirs.get(rate)
        if mine == other or (rate == "web_search" and other is None):
            continue
        trap, reason = _known(kind, model, rate, day)
        yield Disagreement(model, kind, rate, mine, other, trap, reason)


def _known(kind: Kind, model: str, rate: str, day: date) -> tuple[int | None, str | None]:
    for gap in KNOWN_GAPS:
        if gap.explains(kind, model, rate, day):
            return gap.trap, gap.reason
    return None, None


def _ours(book: Book, model: str, day: date, kind: Kind) -> Sheet | None:
    try:
        quote = book.quote(
            model,
            day,
            tier="batch" if kind == "batch" else None,
            speed="fast" if kind == "fast" else None,
        )
    except PriceError:
        return None
    return _sheet(quote)


def _sheet(quote: Quote) -> Sheet:
    sheet = {rate: getattr(quote.base, rate) for rate in _RATES}
    if quote.over is not None and quote.threshold is not None:
        sheet |= {f"over {rate}": getattr(quote.over, rate) for rate in _RATES}
        sheet["over threshold"] = quote.threshold
    return sheet | {"web_search": quote.web_search}


def _theirs(model: str, day: date, kind: Kind) -> Sheet | None:
    """Read the library's own figures; None when it does not know the model."""
    try:
        import genai_prices
    except ImportError as error:
        raise RebillError(
            "the cross-check needs a second price book: pip install genai-prices"
        ) from error
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1),
            model,
            provider_id="anthropic",
            genai_request_timestamp=datetime.combine(day, time(12), UTC),
            price_context=_CONTEXTS[kind],
        ).model_price
    except LookupError:
        return None
    sheet: dict[str, int] = {}
    for rate, attribute in _RATES.items():
        sheet |= _flat(rate, getattr(found, attribute))
    searches = found.web_searches_kcount
    return sheet | ({} if searches is None else {"web_search": pico(str(searches), 1000)})


def _flat(rate: str, price: object) -> Sheet:
    """Spell out a tiered price of the library as base, upper rate and threshold."""
    if isinstance(price, Decimal):
        return {rate: pico(str(price))}
    from genai_prices.types import TieredPrices

    if not isinstance(price, TieredPrices):
        return {}
    (tier,) = price.tiers
    return {
        rate: pico(str(price.base)),
        f"over {rate}": pico(str(tier.price)),
        "over threshold": tier.start,
    }
