"""The logged usage, priced: against a bill written apart from it, in plain Python integers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.errors import PriceError
from analyzer.prices import Book, Quote
from analyzer.savings import Prices
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import study_of
from tests.replay.random_logs import UNKNOWN_MODEL

law = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
BASES: tuple[Prices, ...] = ("logged", "period-end", date(2026, 11, 23))


def quote_of(book: Book, call: Call, model: str, at: date | None) -> Quote | None:
    """At the chosen day, else at the call's own; nothing where no day has a price."""
    told = call.start_us if call.start_us is not None else call.end_us
    if told is None:
        return None
    own = datetime.fromtimestamp(told // 10**6, UTC).date()
    for day in (at, own):
        try:
            if day is not None:
                return book.quote(model, day, call.tier, call.speed, call.geo)
        except PriceError:
            continue
    return None


def rows(call: Call) -> Iterator[tuple[str, Tokens, int | None]]:
    """What a call bills: its iterations where it has any, each at its own model."""
    if not call.iterations:
        yield call.model, call.tokens, call.web_searches
    for place, iteration in enumerate(call.iterations):
        yield iteration.model or call.model, iteration.tokens, 0 if place else call.web_searches


def counts(tokens: Tokens) -> dict[str, int]:
    """Billed tokens by rate; a write of unknown life is a five-minute one."""
    return {
        "input": tokens.uncached or 0,
        "read": tokens.read or 0,
        "write_5m": (tokens.write_5m or 0) + (tokens.write_unsplit or 0),
        "write_1h": tokens.write_1h or 0,
        "output": tokens.output or 0,
    }


def pico(quote: Quote, tokens: Tokens, searches: int | None) -> int:
    told = counts(tokens)
    prompt = sum(told.values()) - told["output"]
    long = quote.over is not None and quote.threshold is not None and prompt > quote.threshold
    rates = quote.over if long and quote.over else quote.base
    by_token = sum(count * int(getattr(rates, rate)) for rate, count in told.items())
    return by_token + (searches or 0) * quote.web_search


def last_day(calls: list[Call]) -> date:
    told = [c.start_us if c.start_us is not None else c.end_us or 0 for c in calls]
    return datetime.fromtimestamp(max(told) // 10**6, UTC).date()


@law
@given(data=st.data())
def test_pricing_the_logged_usage_gives_the_hand_written_bill_to_the_last_pico_dollar(
    data: st.DataObject, logs: st.SearchStrategy[list[Call]], book: Book
) -> None:
    calls, basis = data.draw(logs), data.draw(st.sampled_from(BASES))
    at = {"logged": None, "period-end": last_day(calls)}.get(str(basis), basis)
    assert not isinstance(at, str)
    expected = 0
    for call in calls:
        for model, tokens, searches in rows(call):
            quote = quote_of(book, call, model, at)
            if quote is not None and call.charged:
                expected += pico(quote, tokens, searches)
    assert study_of(calls, prices=basis).billed.total == expected


@law
@given(data=st.data())
def test_tokens_in_are_priced_unpriced_or_uncharged(
    data: st.DataObject, logs: st.SearchStrategy[list[Call]]
) -> None:
    calls = data.draw(logs)
    billed = study_of(calls).billed
    tokens = pl.sum_horizontal("uncached", "read", "write_5m", "write_1h", "output")

    def summed(condition: pl.Expr) -> int:
        return int(billed.rows.filter(condition).select(tokens.sum()).item())

    no_price = pl.col("unpriced").is_not_null()
    told = sum(sum(counts(part).values()) for call in calls for _, part, _ in rows(call))
    uncharged = sum(sum(counts(call.tokens).values()) for call in calls if not call.charged)
    unpriced = sum(item.tokens for item in billed.unpriced())
    priced = sum(line.tokens.prompt + line.tokens.output for line in billed.models())
    assert summed(~pl.col("charged")) == uncharged
    assert summed(pl.col("charged") & no_price) == unpriced
    assert summed(pl.col("charged") & ~no_price) == priced
    assert told == priced + unpriced + uncharged


@law
@given(data=st.data())
def test_what_has_no_price_is_null_and_named_never_nothing(
    data: st.DataObject, logs: st.SearchStrategy[list[Call]]
) -> None:
    calls = data.draw(logs)
    billed = study_of(calls).billed
    unknown = billed.rows.filter(pl.col("model") == UNKNOWN_MODEL)
    assert unknown["pico"].null_count() == len(unknown)
    lost = billed.rows.filter(pl.col("pico").is_null())
    assert set(lost["unpriced"]) == set(billed.rows["unpriced"].drop_nulls())
    told = [call for call in calls if call.model == UNKNOWN_MODEL and call.charged]
    named = {item.what: item.requests for item in billed.unpriced()}
    assert named.get(f"model {UNKNOWN_MODEL}", 0) == len(told)
