"""What identical tokens cost: each decode of the proof at a real rate card, and the difference."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis, bill
from analyzer.errors import PriceError
from analyzer.prices import Book
from analyzer.speculative.evidence import Identity


@dataclass(frozen=True, slots=True)
class IdentityBill:
    """Bills of all prompts of one group, pico-dollars."""

    model: str
    day: date
    prompts: int
    ordinary: int
    width_matched: int
    speculative: int
    largest_single: int
    """Largest difference of one prompt between the speculative and the width-matched bill."""

    @property
    def change(self) -> Fraction:
        """Speculative minus width-matched: what speculation itself does to the bill."""
        return Fraction(self.speculative - self.width_matched)

    @property
    def width_change(self) -> Fraction:
        """Width-matched minus ordinary: what another width of the pass does, nothing drafted."""
        return Fraction(self.width_matched - self.ordinary)


def identity_bill(rows: list[Identity], book: Book, model: str, day: date) -> IdentityBill:
    """Bill the three decodes of each prompt as calls to `model` on `day`, at list price."""
    name = sold_as(book, model, day)
    bills = [_bill(rows, way, day, PriceBasis(book, None), name) for way in range(3)]
    return IdentityBill(
        model=name,
        day=day,
        prompts=len(rows),
        ordinary=sum(bills[0]),
        width_matched=sum(bills[1]),
        speculative=sum(bills[2]),
        largest_single=max(
            (abs(c - b) for b, c in zip(bills[1], bills[2], strict=True)), default=0
        ),
    )


def sold_as(book: Book, model: str, day: date) -> str:
    """Give a model's name in the book; raises PriceError where it has no price on that day."""
    name = book.canonical(model)
    if name is None:
        raise PriceError(f"{model}: not in the book; `rebill prices show` lists every model")
    try:
        book.quote(name, day)
    except PriceError as error:
        raise PriceError(f"{error}; name a model that is sold on that day") from error
    return name


def _bill(rows: list[Identity], way: int, day: date, basis: PriceBasis, model: str) -> list[int]:
    calls = pl.DataFrame(
        {
            "uncached": [row.prompt_tokens for row in rows],
            "output": [row.tokens[way] for row in rows],
        },
        schema={"uncached": pl.Int64, "output": pl.Int64},
    ).with_columns(
        model=pl.lit(model),
        day=pl.lit((day - date(1970, 1, 1)).days, pl.Int32),
        charged=pl.lit(value=True),
        **{meter: pl.lit(0, pl.Int64) for meter in ("read", "write_5m", "write_1h")},
        web_searches=pl.lit(0, pl.Int64),
        **{name: pl.lit(None, pl.Utf8) for name in ("tier", "speed", "geo")},
    )
    billed = bill(calls, basis)
    return [int(pico) for pico in billed["pico"]]
