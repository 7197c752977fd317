"""The serving effect: what speculative decoding inside the provider would do to waiting times.

Milliseconds only. Nothing here takes a price, and every column that came in goes out as it was.
The run-lengths and pass costs are other people's published figures (`run_lengths.json`): a buyer
cannot see the provider's drafter, hardware or load. `docs/serving.md` has scope and exceptions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.results import LoadLine, ServingLine
from analyzer.simulators.passes import Asked, Int64s, count_passes
from analyzer.simulators.run_lengths import GENERAL, Speculation, load_by_kind, published

BINS = 14
"""Equal bins of a line's histogram up to its 99th percentile before; one more holds the rest."""


@dataclass(frozen=True, slots=True)
class Served:
    """Waiting times before and after; the caller adds the (zero) difference of bills."""

    lines: tuple[ServingLine, ...]
    """One for each workload with a call that could be replayed, by name."""
    calls: pl.DataFrame
    """The input, its columns untouched, plus `latency_before_us` and `latency_after_us`."""
    source: str
    """Provenance tags of what the lines drew from."""
    load: tuple[LoadLine, ...]
    batch: int
    """Concurrent calls that the lines assume; nobody but the provider knows them."""
    fast_calls: int
    """Calls whose speed the vendor sold: left as they are."""
    left_calls: int
    """Other calls left as they are: no times, times out of order, or no token after the first."""


def serve(
    calls: pl.DataFrame,
    kinds: Mapping[str, str],
    objectives: Mapping[str, int],
    seed: int,
    speculation: Speculation | None = None,
) -> Served:
    """Replay decode times under speculation; the wait for the first token stays as it was.

    Args:
        calls: `request` (unique and stable), `workload`, `start_us`, `first_us`, `end_us`,
            `output`, `speed`; other columns pass through.
        kinds: Kind of text by workload; a workload without one is `general`.
        objectives: Milliseconds a workload's calls should take, where the policy names them.
        seed: Seed of the draws, which are keyed by (seed, request, pass).
        speculation: Run-lengths and costs; the published ones by default.
    """
    model = speculation or published()
    timed = _timed(calls, kinds, seed, model)
    fast = int(timed["_fast"].sum())
    counted = timed.filter("_counted")
    names = sorted(counted["workload"].unique().drop_nulls().to_list())
    lines = tuple(
        _line(part, model, kinds.get(name, GENERAL), objectives.get(name))
        for name in names
        if (part := counted.filter(pl.col("workload") == name)).height
    )
    return Served(
        lines=lines,
        calls=calls.with_columns(timed["latency_before_us"], timed["latency_after_us"]),
        source=_source(model, [kinds.get(name, GENERAL) for name in names]),
        load=load_by_kind(model),
        batch=model.batch,
        fast_calls=fast,
        left_calls=timed.height - counted.height - fast,
    )


def _timed(
    calls: pl.DataFrame, kinds: Mapping[str, str], seed: int, model: Speculation
) -> pl.DataFrame:
    """Add latencies, and which calls were replayed (`_counted`) or had bought speed (`_fast`)."""
    fast = (pl.col("speed") == "fast").fill_null(value=False)
    ordered = (pl.col("start_us") <= pl.col("first_us")) & (pl.col("first_us") <= pl.col("end_us"))
    counted = ordered & (pl.col("output") > 1) & ~fast
    before = pl.when(pl.col("end_us") >= pl.col("start_us")).then(
        pl.col("end_us") - pl.col("start_us")
    )
    marked = calls.with_columns(
        before.alias("latency_before_us"),
        fast.alias("_fast"),
        counted.fill_null(value=False).alias("_counted"),
    ).with_columns(
        # The first token comes with the prompt's own pass, in either case.
        pl.when("_counted").then(pl.col("output") - 1).otherwise(0).alias("_tokens")
    )
    decode = (
        (pl.col("end_us") - pl.col("first_us"))
        * _plain_passes(marked, kinds, seed, model)
        / pl.max_horizontal("_tokens", 1)
    )
    after = pl.col("first_us") - pl.col("start_us") + decode.round().cast(pl.Int64)
    return marked.with_columns(
        pl.when("_counted").then(after).otherwise("latency_before_us").alias("latency_after_us")
    )


def _plain_passes(
    marked: pl.DataFrame, kinds: Mapping[str, str], seed: int, model: Speculation
) -> pl.Series:
    """Time of each call's passes with speculation, in plain passes at the same load."""
    drawn = [model.of_kind(GENERAL), *(model.of_kind(kind) for kind in kinds.values())]
    rows = dict(zip(kinds, range(1, len(drawn)), strict=True))
    row_of = marked["workload"].replace_strict(
        list(rows), list(rows.values()), default=0, return_dtype=pl.Int64
    )
    asked = Asked(
        marked["request"].cast(pl.Int64).to_numpy(),
        marked["_tokens"].cast(pl.Int64).to_numpy(),
        row_of.to_numpy(),
    )
    costs = np.zeros((len(drawn), max(item.checked_most for item in drawn) + 1))
    for row, item in enumerate(drawn):
        costs[row, : item.checked_most + 1] = [
            float(model.relative(item, drafted, model.batch, model.context_tokens))
            for drafted in range(item.checked_most + 1)
        ]
    return pl.Series((count_passes(asked, drawn, seed) * costs[asked.rows]).sum(axis=1))


def _line(
    part: pl.DataFrame, model: Speculation, kind: str, objective_ms: int | None
) -> ServingLine:
    drawn = model.of_kind(kind)
    before = np.sort(part["latency_before_us"].to_numpy())
    after = np.sort(part["latency_after_us"].to_numpy())
    edges = _edges(before, after)
    newly, room = _room(part, objective_ms)
    return ServingLine(
        workload=part["workload"][0],
        kind=model.label(kind),
        source=f"{drawn.tag}; {model.cost_tag(drawn)}",
        calls=part.height,
        p50_before_ms=_percentile_ms(before, 50),
        p50_after_ms=_percentile_ms(after, 50),
        p95_before_ms=_percentile_ms(before, 95),
        p95_after_ms=_percentile_ms(after, 95),
        newly_inside=newly,
        objective_ms=objective_ms,
        room=room,
        histogram_edges_ms=edges,
        histogram_before=_histogram(before, edges),
        histogram_after=_histogram(after, edges),
    )


def _room(part: pl.DataFrame, objective_ms: int | None) -> tuple[int | None, str]:
    if objective_ms is None:
        return None, "no objective is named, so no call can newly meet one"
    inside_before = part["latency_before_us"] <= objective_ms * 1000
    inside_after = part["latency_after_us"] <= objective_ms * 1000
    newly = int((inside_after & ~inside_before).sum())
    lost = int((inside_before & ~inside_after).sum())
    return newly, (
        f"{newly:,} of {part.height:,} calls newly answer within {objective_ms:,} ms"
        f" ({int(inside_before.sum()):,} did already, {lost:,} no longer do);"
        " any dollars in that come only through the levers"
    )


def _percentile_ms(ordered_us: Int64s, percent: int) -> int:
    """Nearest rank: always the latency of some call, to the nearest millisecond."""
    rank = -(-len(ordered_us) * percent // 100)
    return (int(ordered_us[rank - 1]) + 500) // 1000


def _edges(before: Int64s, after: Int64s) -> tuple[int, ...]:
    """Bin edges both sides share; a last, wider bin makes every call stand in one."""
    p99_ms = -(-int(before[-(-len(before) * 99 // 100) - 1]) // 1000)
    width = max(1, -(-(p99_ms + 1) // BINS))
    edges = [width * step for step in range(BINS + 1)]
    longest_ms = max(int(before[-1]), int(after[-1])) // 1000
    return (*edges, longest_ms + 1) if longest_ms >= edges[-1] else tuple(edges)


def _histogram(ordered_us: Int64s, edges_ms: tuple[int, ...]) -> tuple[int, ...]:
    places = np.searchsorted(ordered_us, np.array(edges_ms, np.int64) * 1000)
    return tuple(int(count) for count in np.diff(places))


def _source(model: Speculation, kinds: list[str]) -> str:
    """Say what was drawn from, by which costs and at which load: once for all lines."""
    drawn = {model.of_kind(kind).id: model.of_kind(kind) for kind in kinds or [GENERAL]}
    tags = sorted({item.tag for item in drawn.values()})
    costs = sorted({model.cost_tag(item) for item in drawn.values()})
    borrowed = sorted({kind for kind in kinds if kind not in model.kinds})
    note = f"; none of its own for {', '.join(borrowed)}: general used" if borrowed else ""
    load = f"{model.batch} concurrent calls of {model.context_tokens} cached tokens assumed"
    return f"{', '.join(tags)}{note}; {', '.join(costs)}; {load}"
