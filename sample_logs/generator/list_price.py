"""The vendor's list price of a billed call; the sample's invoices carry no discount."""

from collections.abc import Mapping
from datetime import date

from analyzer.prices import Book
from generator.console import UNKNOWN_MODEL
from generator.truth import Billed
from generator.vendor_reports import SEARCHES, TOKEN_TYPES, Price


def list_price() -> Price:
    """Give the pricing of the shipped book; the preview model is not charged."""
    book = Book.load()

    def price(call: Billed) -> Mapping[str, int] | None:
        if call.model == UNKNOWN_MODEL:
            return None
        day = date.fromisoformat(call.day)
        quote = book.quote(call.model, day, call.tier, call.speed, call.geo)
        above = quote.threshold is not None and call.buckets.total > quote.threshold
        rates = quote.over if above and quote.over else quote.base
        buckets = call.buckets
        amounts = (
            buckets.uncached * rates.input,
            buckets.read * rates.read,
            buckets.write_5m * rates.write_5m,
            buckets.write_1h * rates.write_1h,
            call.output * rates.output,
        )
        tokens = dict(zip(TOKEN_TYPES, amounts, strict=True))
        return {**tokens, SEARCHES: call.searches * quote.web_search}

    return price
