"""The billed side of a report: what the logged usage costs, by model, and what has no price."""

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis, bill, total
from analyzer.results import Buckets, ModelBill, Unpriced
from analyzer.traffic import BUCKETS, Traffic, Usage

_KEPT = ("request", "day", "model", "tier", "speed", "geo", *BUCKETS, "output", "unpriced", "pico")


@dataclass(frozen=True, slots=True)
class Account:
    """Logged usage, priced."""

    rows: pl.DataFrame
    """One row a billed message or hidden iteration, with `pico`, `unpriced`, `charged`."""
    uncharged_requests: int
    lower_bound_requests: int

    @property
    def total(self) -> Fraction:
        """The priced bill, pico-dollars."""
        return Fraction(total(self.rows))

    def extras(self) -> pl.DataFrame:
        """Hidden iterations: the same under every policy."""
        return self.rows.filter("extra")

    def by_request(self, requests: int) -> pl.Series:
        """Cost of each request with its hidden iterations; null where nothing of it is priced."""
        sums = self.rows.group_by("request").agg(
            pl.col("pico").cast(pl.Int128).sum(), priced=pl.col("pico").is_not_null().any()
        )
        every = pl.DataFrame({"request": pl.Series(range(requests), dtype=pl.Int64)})
        joined = every.join(sums, on="request", how="left", maintain_order="left")
        cost = pl.when("priced").then(pl.col("pico").cast(pl.Int64))
        return joined.select(cost.alias("pico")).to_series()

    def models(self) -> tuple[ModelBill, ...]:
        """Bill by model, dearest first."""
        priced = self.rows.filter(pl.col("unpriced").is_null() & pl.col("charged"))
        bills = [_model(str(key[0]), part) for key, part in priced.group_by("model")]
        return tuple(sorted(bills, key=lambda line: (-line.billed, line.model)))

    def unpriced(self) -> tuple[Unpriced, ...]:
        """What has no price, by reason, most tokens first."""
        tokens = pl.sum_horizontal(*BUCKETS, "output")
        lost = self.rows.filter(pl.col("unpriced").is_not_null() & pl.col("charged"))
        sums = lost.group_by("unpriced").agg(
            pl.col("request").n_unique().alias("requests"), tokens.sum().alias("tokens")
        )
        lines = [Unpriced(str(a), int(b), int(c)) for a, b, c in sums.iter_rows()]
        return tuple(sorted(lines, key=lambda line: (-line.tokens, line.what)))


def account(traffic: Traffic | Usage, basis: PriceBasis) -> Account:
    """Price the logged usage: messages and, beside them, hidden iterations at their own models."""
    calls = traffic.calls.drop("model").rename({"name": "model"})
    messages = bill(calls, basis).with_columns(extra=pl.lit(value=False))
    hidden = traffic.extras.rename({"name": "model"}).with_columns(
        web_searches=pl.lit(0, pl.Int64), charged=pl.lit(value=True)
    )
    extras = bill(hidden, basis).with_columns(extra=pl.lit(value=True))
    columns = [*_KEPT, "charged", "extra"]
    return Account(
        rows=pl.concat([messages.select(columns), extras.select(columns)]),
        uncharged_requests=int((~calls["charged"]).sum()),
        lower_bound_requests=int((~calls["usage_final"]).sum()),
    )


def _model(model: str, rows: pl.DataFrame) -> ModelBill:
    return ModelBill(
        model=model,
        requests=rows["request"].n_unique(),
        tokens=Buckets(
            uncached=total(rows, "uncached"),
            read=total(rows, "read"),
            write_5m=total(rows, "write_5m"),
            write_1h=total(rows, "write_1h"),
            output=total(rows, "output"),
        ),
        billed=Fraction(total(rows)),
    )
