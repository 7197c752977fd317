"""Where latency does move money: speed that is sold, rejected predictions, own hardware."""

from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis, bill, has_price, total, unit_prices
from analyzer.replay import Scene
from analyzer.results import Ledger, OutsideTheClaim, Predictions, SoldSpeed, Unpriced
from analyzer.trace import OTHER_MODEL_PREDICTED, OWN_HARDWARE
from analyzer.traffic import BUCKETS


def outside(scene: Scene, ledger: Ledger) -> OutsideTheClaim:
    """Price what is outside the claim, each call at its own day."""
    calls = scene.traffic.calls.drop("model").rename({"name": "model"})
    own_day = PriceBasis(scene.basis.book, None)
    return OutsideTheClaim(
        sold_speed=_sold_speed(scene, calls, own_day),
        predictions=_predictions(calls, own_day, _lines(ledger, OTHER_MODEL_PREDICTED)),
        own_hardware_lines=_lines(ledger, OWN_HARDWARE),
    )


def _lines(ledger: Ledger, reason: str) -> int:
    return sum(found.lines for found in ledger.reasons if found.reason == reason)


def _sold_speed(scene: Scene, calls: pl.DataFrame, basis: PriceBasis) -> SoldSpeed:
    """Price fast calls, their hidden iterations too, as served and at standard speed."""
    hidden = scene.traffic.extras.rename({"name": "model"}).with_columns(
        web_searches=pl.lit(0, pl.Int64), charged=pl.lit(value=True)
    )
    columns = ("request", "day", "model", "tier", "speed", "geo", *BUCKETS, "output",
               "web_searches", "charged")  # fmt: skip
    sold = pl.concat([calls.select(columns), hidden.select(columns)]).filter(
        (pl.col("speed") == "fast") & pl.col("charged")
    )
    fast = bill(sold, basis)
    standard = bill(sold.with_columns(speed=pl.lit(None, pl.Utf8)), basis)
    why = pl.coalesce(fast["unpriced"], standard["unpriced"])
    fast, standard = (
        part.with_columns(why=pl.select(why).to_series()) for part in (fast, standard)
    )
    both = pl.col("why").is_null()
    return SoldSpeed(
        calls=sold["request"].n_unique(),
        billed=Fraction(total(fast.filter(both))),
        at_standard=Fraction(total(standard.filter(both))),
        unpriced=_unpriced(fast.filter(~both), pl.sum_horizontal(*BUCKETS, "output")),
    )


def _predictions(calls: pl.DataFrame, basis: PriceBasis, other_lines: int) -> Predictions:
    accepted, rejected = pl.col("accepted_prediction"), pl.col("rejected_prediction")
    told = calls.filter((accepted > 0) | (rejected > 0))
    rate = unit_prices(told, basis)["output"]
    priced = told.with_columns(
        pico=rejected.fill_null(0).cast(pl.Int128) * rate, known=has_price(told, basis)
    )
    lost = bill(priced.filter(~pl.col("known") & (rejected > 0)), basis)
    return Predictions(
        calls=len(told),
        accepted=int(told["accepted_prediction"].sum()),
        rejected=int(told["rejected_prediction"].sum()),
        cost=Fraction(int(priced.filter("known")["pico"].sum() or 0)),
        unpriced=_unpriced(lost.with_columns(why="unpriced"), rejected),
        other_lines=other_lines,
    )


def _unpriced(rows: pl.DataFrame, tokens: pl.Expr) -> tuple[Unpriced, ...]:
    sums = rows.group_by("why").agg(
        pl.col("request").n_unique().alias("n"), tokens.sum().alias("t")
    )
    return tuple(Unpriced(str(why), int(n), int(t)) for why, n, t in sums.sort("why").iter_rows())
