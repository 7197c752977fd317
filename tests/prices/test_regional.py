"""Regional endpoints of the clouds: 10 % above the global price from the 4.5 models on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest

from analyzer.errors import PriceError
from analyzer.prices import Book, Quote, Rates
from analyzer.prices.rates import pico

Cost = Callable[..., Fraction]
BOOK = Book.load()
OPUS = "claude-opus-5-5"  # USD per Mtok: 4 in, 5 and 8 writes, 0.20 read, 20 out
ONE_PRICE = (
    "claude-opus-4-1", "claude-opus-4-0", "claude-sonnet-4-0", "claude-3-7-sonnet",
    "claude-3-5-sonnet", "claude-3-5-haiku", "claude-3-opus", "claude-3-sonnet", "claude-3-haiku",
)  # fmt: skip
"""Models older than 4.5: what they cost does not depend on the endpoint."""
BEDROCK = {
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929-v1:0",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001-v1:0",
    "claude-opus-4-1": "claude-opus-4-1-20250805-v1:0",
    "claude-opus-4-0": "claude-opus-4-20250514-v1:0",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514-v1:0",
    "claude-3-7-sonnet": "claude-3-7-sonnet-20250219-v1:0",
    "claude-3-5-sonnet": "claude-3-5-sonnet-20241022-v2:0",
    "claude-3-5-haiku": "claude-3-5-haiku-20241022-v1:0",
    "claude-3-opus": "claude-3-opus-20240229-v1:0",
    "claude-3-sonnet": "claude-3-sonnet-20240229-v1:0",
    "claude-3-haiku": "claude-3-haiku-20240307-v1:0",
}
"""Ids that Bedrock dates; the others are the model's own name."""

TOKENS = {"input": 10_000, "output": 1_000}
CASES = {
    # (10k x 4 + 1k x 20 = 0.06) x 1.1
    "plain": (OPUS, {}, TOKENS, "0.066"),
    # (100 x 4 + 20k x 5 + 30k x 8 + 100k x 0.2 + 1k x 20
    #  = 0.0004 + 0.10 + 0.24 + 0.02 + 0.02 = 0.3804) x 1.1
    "both writes and a read": (
        OPUS,
        {},
        {"input": 100, "write_5m": 20_000, "write_1h": 30_000, "read": 100_000, "output": 1_000},
        "0.41844",
    ),
    # 0.06 x 1.1 / 2
    "in batch": (OPUS, {"tier": "batch"}, TOKENS, "0.033"),
    # 0.06 x 2 x 1.1
    "fast": (OPUS, {"speed": "fast"}, TOKENS, "0.132"),
    # no modifier scales a search: 0.066 + 3 x 0.01
    "searches": (OPUS, {}, {**TOKENS, "searches": 3}, "0.096"),
    # (120k x 0.5 + 1k x 2.5 = 0.0625) x 1.1: the long rate too
    "haiku over 100,000": (
        "claude-haiku-5-5",
        {},
        {"input": 120_000, "output": 1_000},
        "0.06875",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_regional_request_costs_this_much(
    case: str, book: Book, dollars: Cost, today: date
) -> None:
    model, how, tokens, usd = CASES[case]
    assert dollars(book.quote(model, today, geo="regional", **how), **tokens) == Fraction(usd)


def test_the_premium_holds_from_the_first_day_of_the_first_model_that_has_it(
    book: Book, dollars: Cost
) -> None:
    day = date(2025, 9, 29)  # Sonnet 4.5 came out; Sonnet 4 was sold beside it
    one = {"input": 10**6, "output": 10**6 // 10}
    # below 200,000 tokens both cost 3 + 15: 0.1 x (3 + 1.5) = 0.45, and 1.1 x 0.45
    small = {kind: count // 10 for kind, count in one.items()}
    new = book.quote("claude-sonnet-4-5", day, geo="regional")
    old = book.quote("claude-sonnet-4-0", day, geo="regional")
    assert (dollars(new, **small), dollars(old, **small)) == (Fraction("0.495"), Fraction("0.45"))
    # above it both cost 6 + 22.5: 6 + 2.25 = 8.25, and 1.1 x 8.25
    assert (dollars(new, **one), dollars(old, **one)) == (Fraction("9.075"), Fraction("8.25"))


def _last_day(model: str, today: date) -> date:
    return min(today, BOOK.facts(model).retires or today)


@pytest.mark.parametrize("model", BOOK.models())
def test_from_the_4_5_models_on_every_rate_is_a_tenth_higher_and_before_none(
    model: str, today: date
) -> None:
    day = _last_day(model, today)
    share = Fraction(1) if model in ONE_PRICE else Fraction(11, 10)
    world, region = BOOK.quote(model, day, geo="global"), BOOK.quote(model, day, geo="regional")
    assert region.base == world.base.times(share)
    assert region.over == (world.over.times(share) if world.over else None)
    assert (region.threshold, region.web_search) == (world.threshold, world.web_search)


@pytest.mark.parametrize("prefix", ["us.", "eu.", "", "global."])
def test_another_library_gives_the_same_prices_on_bedrock(prefix: str, today: date) -> None:
    compared = []
    for model in BOOK.models():
        day = _last_day(model, today)
        theirs = _theirs(f"{prefix}anthropic.{BEDROCK.get(model, model)}", day)
        if theirs:
            ours = BOOK.quote(model, day, geo="global" if prefix == "global." else "regional")
            assert theirs == {rate: _ours(ours)[rate] for rate in theirs}, model
            compared.append(model)
    # it lacks Mythos 5, 5.1 and Preview; Opus 4 and 4.1 have no global profile, Fable 5.1 no eu.
    everywhere = {"us.": 25, "eu.": 24, "": 25, "global.": 23}
    assert len(compared) == everywhere[prefix]


def _ours(quote: Quote) -> dict[str, tuple[int, ...]]:
    def both(rate: str) -> tuple[int, ...]:
        lists: list[Rates] = [quote.base, *([quote.over] if quote.over else [])]
        return tuple(int(getattr(rates, rate)) for rates in lists)

    return {rate: both(rate) for rate in ("input", "read", "write_5m", "write_1h", "output")}


def _theirs(model: str, day: date) -> dict[str, tuple[int, ...]]:
    """Pico-dollars by rate, base and long; nothing for a model or rate that they lack."""
    import genai_prices
    from genai_prices.types import TieredPrices

    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1),
            model,
            provider_id="aws",
            genai_request_timestamp=datetime.combine(day, time(12), UTC),
        ).model_price
    except LookupError:
        return {}
    told: dict[str, Decimal | TieredPrices | None] = {
        "input": found.input_mtok,
        "read": found.cache_read_mtok,
        "write_5m": found.cache_write_mtok,
        "write_1h": found.cache_write_1h_mtok,
        "output": found.output_mtok,
    }
    lists = {
        rate: (price.base, price.tiers[0].price) if isinstance(price, TieredPrices) else (price,)
        for rate, price in told.items()
    }
    return {
        rate: tuple(pico(str(price)) for price in prices if price is not None)
        for rate, prices in lists.items()
        if None not in prices
    }


def test_endpoints_of_the_government_cloud_have_no_price_that_sources_agree_on(today: date) -> None:
    with pytest.raises(PriceError, match=r"^geo us-gov$"):
        BOOK.quote(OPUS, today, geo="us-gov")


@pytest.mark.parametrize(
    ("written", "geo", "open_"),
    [
        ("us.anthropic.claude-opus-4-6-v1", None, True),
        ("in.anthropic.claude-opus-5", None, True),
        ("anthropic.claude-opus-4-6-v1", None, True),
        ("anthropic.claude-opus-4-6-v1", "", True),
        ("anthropic.claude-opus-4-6-v1", "not_available", True),
        # on a cloud, by a name that does not tell the endpoint
        ("claude-opus-4-6", "cloud", True),
        ("claude-opus-4-1", "cloud", False),
        # the log has told the place
        ("us.anthropic.claude-opus-4-6-v1", "regional", False),
        ("anthropic.claude-opus-4-6-v1", "global", False),
        ("global.anthropic.claude-opus-4-6-v1", None, False),
        # one price everywhere
        ("us.anthropic.claude-3-5-haiku-20241022-v1:0", None, False),
        # no name of Bedrock's, or no model of the book
        ("anthropic/claude-opus-4.6", None, False),
        ("claude-opus-4-6", None, False),
        ("anthropic.claude-opus-9", None, False),
    ],
)
def test_list_price_is_a_lower_bound_where_the_endpoint_is_left_open(
    written: str,
    geo: str | None,
    open_: bool,  # noqa: FBT001 - a table of cases
) -> None:
    assert BOOK.may_cost_more(written, geo) is open_


def test_mythos_preview_cost_more_than_twice_its_successor_and_a_tenth_more_by_region() -> None:
    day = date(2026, 5, 1)
    told = [BOOK.quote("claude-mythos-preview", day, geo=geo).base for geo in (None, "regional")]
    # $25 and $125 a million; LiteLLM has $27.50 and $137.50 on Bedrock
    prices = [(rates.input, rates.output) for rates in told]
    assert prices == [(25_000_000, 125_000_000), (27_500_000, 137_500_000)]
    successor = BOOK.quote("claude-fable-5", date(2026, 7, 1)).base
    assert successor.input * 2 < told[0].input
    assert successor.output * 2 < told[0].output
