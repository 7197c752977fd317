"""The replay against bills it was not fitted to: loss models of one half predict the other.

Of a predicted call only this is looked at: its time, model, prompt total, uncached tail, life of
its marks, and what its log says beside the count of reads and writes (who spoke, compaction).
Totals go by the mean estimator, figures of single calls by the point estimator, never mixed. Halves
are whole sessions. Errors are statistics, so they are floats; money that is reported stays exact.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.billing import PriceBasis, has_price, unit_prices
from analyzer.calibration.fitting import KINDS, fit, loss_rates
from analyzer.results import BackTest, Half, ModelTest
from analyzer.simulators import losses
from analyzer.simulators.losses import NO_LOSSES, PARTS
from analyzer.traffic import grouped_sizes

FEWEST_SESSIONS = 20
"""Below it halves say nothing: the whole log is then compared with itself, and the page says so."""
CHOSEN = "by idle gap"
"""The loss model of the printed mean: it tells lives of 5 minutes and of an hour apart by what the
log shows, and by no label of them."""
_Z90 = 1.645
_INPUT = ("uncached", "read", "write_5m", "write_1h")
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Corpus:
    """One row a replayed call: what the kernel says, what was billed, and prices by the token."""

    calls: pl.DataFrame
    """Every call of the trace, from which the shared prefix is learned."""
    events: pl.DataFrame
    """`situations` columns, `billed_*` buckets and `session` of the calls that are compared."""
    prices: Floats
    """Pico-dollars a token; shape (events, 4) as `_INPUT`."""
    billed: Floats
    """Pico-dollars of input."""
    sessions: tuple[str, ...]
    """Names in start order."""

    def part(self, names: frozenset[str]) -> Flags:
        """Tell which events belong to these sessions."""
        return self.events["session"].is_in(list(names)).to_numpy()


def back_test(
    calls: pl.DataFrame, replayed: pl.DataFrame, basis: PriceBasis, seeds: range
) -> BackTest | None:
    """Back-test the observed policy; None when there are too few sessions to halve.

    `calls` and `replayed` are of a trace loaded blind (see `traffic.load`); each seed halves the
    sessions once.
    """
    corpus = _corpus(calls, replayed, basis)
    if len(corpus.sessions) < FEWEST_SESSIONS:
        return None
    half = len(corpus.sessions) // 2
    earlier, later = (frozenset(part) for part in (corpus.sessions[:half], corpus.sessions[half:]))
    both = ((earlier, "later half"), (later, "earlier half"))
    drawn = [_drawn(corpus.sessions, seed) for seed in seeds]
    return BackTest(
        model=CHOSEN,
        sessions=len(corpus.sessions),
        halves=tuple(_half(corpus, names, "random halves", CHOSEN) for names in drawn),
        chronological=tuple(_half(corpus, names, kind, CHOSEN) for names, kind in both),
        models=tuple(_model(corpus, both, kind) for kind in ("none", *KINDS)),
        rates=loss_rates(corpus.events),
    )


def _corpus(calls: pl.DataFrame, replayed: pl.DataFrame, basis: PriceBasis) -> _Corpus:
    ours = replayed.filter((pl.col("reason") == "original") & pl.col("cacheable")).sort("request")
    billed = calls.select(
        "request",
        pl.coalesce("session", pl.format("day {}", "day")).alias("session"),
        *(pl.col(name).alias(f"billed_{name}") for name in _INPUT),
    )
    joined = losses.situations(ours).join(billed, on="request", maintain_order="left")
    joined = joined.filter(has_price(joined, basis))
    table = unit_prices(joined, basis).select(_INPUT).to_numpy().astype(np.float64)
    buckets = joined.select(f"billed_{name}" for name in _INPUT).to_numpy().astype(np.float64)
    starts = joined.group_by("session").agg(pl.col("start_us").min()).sort("start_us", "session")
    return _Corpus(
        calls, joined, table, (table * buckets).sum(axis=1), tuple(starts["session"].to_list())
    )


def _drawn(sessions: tuple[str, ...], seed: int) -> frozenset[str]:
    """Draw half of the sessions by a hash of seed and name."""

    def place(name: str) -> bytes:
        return hashlib.sha256(f"{seed}\0{name}".encode()).digest()

    return frozenset(sorted(sessions, key=place)[: len(sessions) // 2])


def _half(corpus: _Corpus, fitted: frozenset[str], what: str, kind: str) -> Half:
    """Fit on some sessions and predict the others."""
    known = corpus.part(fitted)
    blind = _learned(corpus, fitted)
    expected = _expected(blind, known, kind)
    predicted = _cost(corpus, expected)
    point = _cost(corpus, losses.with_outcomes(blind, NO_LOSSES))
    new = ~known
    read = blind["read"].to_numpy()
    off = np.abs(read - corpus.events["billed_read"].to_numpy())
    beyond = corpus.events["billed_read"].to_numpy() > read
    return Half(
        what=what,
        fitted_calls=int(known.sum()),
        calls=int(new.sum()),
        error=_error(predicted, corpus.billed, new),
        half_width=_half_width(corpus, predicted, known),
        point_error=_error(point, corpus.billed, new),
        read_error=_error(*_tokens(corpus, expected, ("read",)), new),
        write_error=_error(*_tokens(corpus, expected, ("write_5m", "write_1h")), new),
        by_life=_by_life(corpus, predicted, new),
        by_model=_by(corpus, predicted, new, "model"),
        by_workload=_by(corpus, predicted, new, "workload"),
        exact_calls=int((off[new] == 0).sum()),
        near_calls=int((100 * off <= blind["prompt"].to_numpy())[new].sum()),
        unlogged_calls=int((new & beyond).sum()),
        session_errors=_session_errors(corpus, point, new),
    )


def _learned(corpus: _Corpus, fitted: frozenset[str]) -> pl.DataFrame:
    """Give the events with shared prefixes as long as the fitted sessions show them."""
    known = corpus.calls.select(
        pl.coalesce("session", pl.format("day {}", "day")).is_in(list(fitted)).alias("known")
    )["known"]
    sizes = corpus.calls.select("request").with_columns(
        learned=grouped_sizes(corpus.calls, known.fill_null(value=False))
    )
    hidden = pl.col("learned").is_not_null() & pl.col("hides")
    joined = corpus.events.join(sizes, on="request", maintain_order="left")
    system = pl.when(hidden).then(pl.min_horizontal("learned", "whole_tokens"))
    return joined.with_columns(
        system_tokens=pl.coalesce(system, "system_tokens"),
        read=pl.when((pl.col("state") == "prefix") & hidden).then(system).otherwise("read"),
    )


def _expected(blind: pl.DataFrame, known: Flags, kind: str) -> pl.DataFrame:
    """Expected buckets of every event, under a loss model fitted on the known ones."""
    model = NO_LOSSES if kind == "none" else fit(blind.filter(known), kind)
    return losses.with_outcomes(blind, model)


def _cost(corpus: _Corpus, expected: pl.DataFrame) -> Floats:
    """Expected input cost of each event, pico-dollars."""
    buckets = expected.select(_INPUT).to_numpy().astype(np.float64)
    cost: Floats = (corpus.prices * buckets).sum(axis=1) / PARTS
    return cost


def _tokens(
    corpus: _Corpus, expected: pl.DataFrame, names: tuple[str, ...]
) -> tuple[Floats, Floats]:
    """Expected and billed tokens of some buckets together."""
    ours = expected.select(pl.sum_horizontal(names)).to_series()
    theirs = corpus.events.select(pl.sum_horizontal(f"billed_{n}" for n in names)).to_series()
    return ours.to_numpy() / PARTS, theirs.to_numpy().astype(np.float64)


def _error(predicted: Floats, billed: Floats, part: Flags) -> Fraction:
    whole = float(billed[part].sum())
    return _rounded(float(predicted[part].sum()) / whole - 1) if whole else Fraction(0)


def _half_width(corpus: _Corpus, predicted: Floats, known: Flags) -> Fraction:
    """90 % interval of the other half's error, from how sessions of the fitted half scatter.

    The sum over m sessions of errors with variance v, and the fitted mean over n sessions, give
    m v + m^2 v / n (the variance of a forecast from a fitted mean).
    """
    frame = pl.DataFrame(
        {"session": corpus.events["session"], "off": predicted - corpus.billed, "known": known}
    )
    sums = frame.group_by("session", "known").agg(pl.col("off").sum())
    own = sums.filter("known")["off"].to_numpy()
    other = int((~sums["known"]).sum())
    variance = float(np.var(own, ddof=1))
    spread = float(np.sqrt(variance * (other + other**2 / len(own))))
    return _rounded(_Z90 * spread / float(predicted[~known].sum()))


def _by_life(corpus: _Corpus, predicted: Floats, new: Flags) -> tuple[tuple[int, Fraction], ...]:
    life = corpus.events["logged_life"].to_numpy()
    lives = sorted({int(value) for value in life[new]})
    return tuple((one, _error(predicted, corpus.billed, new & (life == one))) for one in lives)


def _by(
    corpus: _Corpus, predicted: Floats, new: Flags, column: str
) -> tuple[tuple[str, Fraction], ...]:
    """Error of each group's input cost, dearest first."""
    frame = pl.DataFrame(
        {"group": corpus.events[column], "ours": predicted, "billed": corpus.billed}
    ).filter(new)
    sums = frame.group_by("group").agg(pl.col("ours", "billed").sum()).filter(pl.col("billed") > 0)
    rows = sums.sort("billed", "group", descending=[True, False]).iter_rows()
    return tuple((str(group), _rounded(ours / billed - 1)) for group, ours, billed in rows)


_FEWEST_CALLS = 10
"""Sessions shorter than this are left out of the figures a session."""


def _session_errors(corpus: _Corpus, point: Floats, new: Flags) -> tuple[Fraction, ...]:
    frame = pl.DataFrame(
        {"session": corpus.events["session"], "ours": point, "billed": corpus.billed}
    ).filter(new)
    sums = frame.group_by("session").agg(pl.len(), pl.col("ours", "billed").sum())
    told = sums.filter((pl.col("len") >= _FEWEST_CALLS) & (pl.col("billed") > 0))
    errors = (told["ours"] / told["billed"] - 1).abs().sort()
    return tuple(_rounded(float(error)) for error in errors)


def _model(corpus: _Corpus, both: tuple[tuple[frozenset[str], str], ...], kind: str) -> ModelTest:
    later, earlier = (_model_error(corpus, fitted, kind) for fitted, _ in both)
    return ModelTest(kind, earlier, later)


def _model_error(corpus: _Corpus, fitted: frozenset[str], kind: str) -> Fraction:
    """Error on the sessions that the model was not fitted on."""
    known = corpus.part(fitted)
    expected = _expected(_learned(corpus, fitted), known, kind)
    return _error(_cost(corpus, expected), corpus.billed, ~known)


def _rounded(error: float) -> Fraction:
    """A millionth is finer than any of these errors is known."""
    return Fraction(round(error * 1_000_000), 1_000_000)
