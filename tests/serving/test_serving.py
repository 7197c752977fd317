import ast
import inspect
import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import PolicyError
from analyzer.simulators import (
    closed_loop,
    pass_costs,
    passes,
    recordings,
    run_lengths,
    serving,
)
from analyzer.simulators.run_lengths import Speculation, load_table, published
from analyzer.simulators.serving import serve

SCHEMA = {
    "request": pl.Int64,
    "workload": pl.String,
    "start_us": pl.Int64,
    "first_us": pl.Int64,
    "end_us": pl.Int64,
    "output": pl.Int64,
    "speed": pl.String,
    "uncached": pl.Int64,
    "billed_pico": pl.Int64,
}
SECOND = 1_000_000
GUIDE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
Row = tuple[int, str, int | None, int | None, int | None, int | None, str | None, int, int]


def calls_of(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def call(
    request: int,
    *,
    output: int = 9,
    decode_us: int = 8 * SECOND,
    workload: str = "chat",
    speed: str | None = None,
) -> Row:
    """A call whose first token took one second."""
    return (request, workload, 0, SECOND, SECOND + decode_us, output, speed, 100, 7)


def speculation(*accepted: str, draft_us: str = "20") -> Speculation:
    """A pass costs 80 us + 20 us overhead whatever its width; a draft costs `draft_us` more."""
    model = published()
    drawn = msgspec.structs.replace(
        model.distributions[0], accepted_at_least=tuple(map(Decimal, accepted))
    )
    nothing = Decimal(0)
    cost = msgspec.structs.replace(
        model.cost,
        pass_us=Decimal(80),
        step_us=Decimal(20),
        draft_us=Decimal(draft_us),
        token_us=nothing,
        kv_token_us=nothing,
        draft_token_us=nothing,
        draft_kv_token_us=nothing,
    )
    return msgspec.structs.replace(model, distributions=(drawn,), cost=cost)


def after_us(calls: pl.DataFrame, model: Speculation | None = None, seed: int = 1) -> list[int]:
    return serve(calls, {}, {}, seed, model).calls["latency_after_us"].to_list()


def test_drafts_that_are_all_accepted_give_four_tokens_a_pass() -> None:
    # 9 tokens: 1 with the prompt's pass, 8 more in 2 passes of 4 at (80 + 20 + 20) / 100 = 1.2:
    # 8 s x 2 x 1.2 / 8 = 2.4 s, after the unchanged first second
    assert after_us(calls_of(call(1)), speculation("1", "1", "1")) == [3_400_000]


def test_drafts_that_are_never_accepted_make_the_call_slower() -> None:
    # 8 passes of 1 token at 1.2: 8 s x 8 x 1.2 / 8 = 9.6 s
    assert after_us(calls_of(call(1)), speculation("0", "0", "0")) == [10_600_000]


def test_the_last_pass_may_emit_less_than_it_accepted() -> None:
    # 10 tokens: 9 after the first need 3 passes of 4; 8 s x 3 x 1.2 / 9 = 3.2 s
    assert after_us(calls_of(call(1, output=10)), speculation("1", "1", "1")) == [4_200_000]


def test_a_free_draft_that_is_never_accepted_changes_nothing() -> None:
    assert after_us(calls_of(call(1)), speculation("0", draft_us="0")) == [9_000_000]


def test_the_mean_run_of_the_draw_is_the_published_one() -> None:
    calls = calls_of(*(call(number, output=20_001, decode_us=SECOND) for number in range(50)))
    model = speculation("0.7296", "0.5208", "0.3545", draft_us="0")
    decode = [after - SECOND for after in after_us(calls, model)]
    mean = Fraction(SECOND * len(decode), sum(decode))
    # 1 + 0.7296 + 0.5208 + 0.3545 tokens a pass; a million draws, spread about 1.2 a pass
    assert published().distributions[0].tokens_per_pass == Fraction("2.6049")
    assert abs(mean - Fraction("2.6049")) < Fraction("0.01")


def test_accepting_the_second_draft_depends_on_the_first() -> None:
    # P(>= 1) = P(>= 2) = 1/2: a pass takes 1 token or 3. Two tokens are left after the first one,
    # so half the calls need one pass (draws apart for each place would give three quarters).
    calls = calls_of(*(call(number, output=3) for number in range(4000)))
    after = after_us(calls, speculation("0.5", "0.5"))
    # 8 s x 1 x 1.2 / 2 = 4.8 s and 8 s x 2 x 1.2 / 2 = 9.6 s
    assert set(after) == {5_800_000, 10_600_000}
    assert 1850 < after.count(5_800_000) < 2150


@pytest.mark.parametrize(
    "row",
    [
        (1, "chat", None, SECOND, 2 * SECOND, 9, None, 1, 1),
        (1, "chat", 0, None, 2 * SECOND, 9, None, 1, 1),
        (1, "chat", 0, SECOND, None, 9, None, 1, 1),
        (1, "chat", 0, SECOND, 2 * SECOND, 1, None, 1, 1),
        (1, "chat", 0, SECOND, 2 * SECOND, None, None, 1, 1),
        (1, "chat", 0, 3 * SECOND, 2 * SECOND, 9, None, 1, 1),
    ],
)
def test_a_call_without_times_or_text_is_left_as_it_is_and_not_counted(row: Row) -> None:
    served = serve(calls_of(row), {}, {}, 1)
    assert served.lines == ()
    assert (served.left_calls, served.fast_calls) == (1, 0)
    assert served.calls["latency_after_us"].to_list() == served.calls["latency_before_us"].to_list()


def test_a_call_whose_speed_was_bought_is_left_as_it_is_and_counted_apart() -> None:
    served = serve(
        calls_of(call(1, speed="fast"), call(2, output=900, speed="standard")), {}, {}, 1
    )
    assert served.fast_calls == 1
    assert served.left_calls == 0
    assert served.lines[0].calls == 1
    assert served.calls["latency_after_us"][0] == served.calls["latency_before_us"][0]
    assert served.calls["latency_after_us"][1] < served.calls["latency_before_us"][1]


times = st.none() | st.integers(0, 10**9)
rows = st.lists(
    st.tuples(
        st.integers(-(2**62), 2**62),
        st.sampled_from(["chat", "code", "other"]) | st.none(),
        times,
        times,
        times,
        st.none() | st.integers(0, 3000),
        st.sampled_from([None, "fast", "standard"]),
        st.integers(0, 10**6),
        st.integers(0, 10**12),
    ),
    max_size=12,
    unique_by=lambda row: row[0],
)


@given(rows, st.integers(0, 2**63 - 1))
@settings(deadline=None)
def test_it_changes_no_token_no_dollar_and_no_other_column(rows: list[Row], seed: int) -> None:
    calls = calls_of(*rows)
    served = serve(calls, {"code": "code"}, {"chat": 4000}, seed)
    assert served.calls.drop("latency_before_us", "latency_after_us").equals(calls)
    assert sum(line.calls for line in served.lines) <= len(rows)


@given(rows, rows, st.data())
@settings(deadline=None)
def test_order_and_later_calls_change_nothing(
    rows: list[Row], later: list[Row], data: st.DataObject
) -> None:
    taken = {row[0] for row in rows}
    everything = rows + [row for row in later if row[0] not in taken]
    mixed = data.draw(st.permutations(everything))
    alone = serve(calls_of(*rows), {}, {}, 3).calls.sort("request")
    among = serve(calls_of(*mixed), {}, {}, 3).calls
    assert among.filter(pl.col("request").is_in(list(taken))).sort("request").equals(alone)


@given(rows)
@settings(deadline=None)
def test_the_first_token_never_comes_later_than_the_whole_answer(rows: list[Row]) -> None:
    served = serve(calls_of(*rows), {}, {}, 3).calls.filter(
        (pl.col("start_us") <= pl.col("first_us")) & (pl.col("first_us") <= pl.col("end_us"))
    )
    assert (served["latency_after_us"] >= served["first_us"] - served["start_us"]).all()


def test_seeds_draw_apart_and_one_seed_draws_the_same() -> None:
    calls = calls_of(*(call(number, output=400) for number in range(20)))
    assert after_us(calls, seed=1) == after_us(calls, seed=1)
    assert after_us(calls, seed=1) != after_us(calls, seed=2)


def test_a_line_counts_percentiles_objective_and_histogram_by_hand() -> None:
    # Answers of 2, 3, .. 21 s; all drafts accepted: decoding takes 2 x 1.2 / 8 = 0.3 of its time
    calls = calls_of(*(call(n, decode_us=n * SECOND) for n in range(1, 21)))
    (line,) = serve(calls, {"chat": "chat"}, {"chat": 4000}, 1, speculation("1", "1", "1")).lines
    assert (line.workload, line.kind, line.calls) == ("chat", "chat", 20)
    # the 10th of 20 decodes for 10 s, the 19th for 19 s
    assert (line.p50_before_ms, line.p50_after_ms) == (11_000, 4_000)
    assert (line.p95_before_ms, line.p95_after_ms) == (20_000, 6_700)
    # within 4 s: decode of 1, 2, 3 s before; of 1 .. 10 s after (1 + 10 x 0.3 = 4)
    assert line.newly_inside == 7
    assert line.objective_ms == 4000
    assert "7 of 20 calls newly answer within 4,000 ms (3 did already, 0 no longer do)" in line.room
    # 99th percentile 21,000 ms: 14 bins of ceil(21,001 / 14) = 1,501 ms reach 21,014
    assert line.histogram_edges_ms == tuple(1501 * step for step in range(15))
    # after: 1.3, 1.6, .. 7.0 s: below 1.501 one, then five in each 1.501 s
    assert line.histogram_after == (1, 5, 5, 5, 4, *[0] * 9)
    assert sum(line.histogram_before) == 20


def test_a_last_bin_holds_what_lies_beyond() -> None:
    calls = calls_of(
        *(call(n, decode_us=SECOND) for n in range(1, 200)), call(200, decode_us=99 * SECOND)
    )
    (line,) = serve(calls, {}, {}, 1).lines
    # 199 calls of 2 s: bins of ceil(2,001 / 14) = 143 ms to 2,002; the last call took 100 s
    assert line.histogram_edges_ms[-2:] == (2002, 100_001)
    assert line.histogram_before[-2:] == (199, 1)
    assert sum(line.histogram_after) == 200
    assert line.newly_inside is None


def test_a_call_that_misses_its_objective_anew_is_said() -> None:
    model = speculation("0", "0", "0")
    (line,) = serve(calls_of(call(1)), {}, {"chat": 10_000}, 1, model).lines
    assert line.newly_inside == 0
    assert "1 did already, 1 no longer do" in line.room


def test_a_kind_without_published_run_lengths_says_that_it_borrows() -> None:
    calls = calls_of(call(1, workload="a"), call(2, workload="b"))
    served = serve(calls, {"a": "code", "b": "chat"}, {}, 1)
    assert [line.kind for line in served.lines] == ["code (general run-lengths)", "chat"]
    assert "none of its own for code: general used" in served.source
    assert served.source.startswith("published:")


def test_an_unknown_kind_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(PolicyError, match="kind `song` has no run-lengths, use one of agent, chat"):
        serve(calls_of(call(1)), {"chat": "song"}, {}, 1)
    with pytest.raises(PolicyError, match="no run-lengths `other`, use one of"):
        load_table(run_lengths="other")


def test_the_gain_falls_with_load_and_turns_negative() -> None:
    table = load_table()
    speed_ups = [speed_up for _, speed_up in table]
    assert [batch for batch, _ in table] == [1, 16, 64, 256, 512, 1024]
    assert speed_ups == sorted(speed_ups, reverse=True)
    assert speed_ups[0] > Fraction(19, 10)
    assert speed_ups[-1] < 1
    # a weaker drafter of a model of the same size turns sooner
    weaker = dict(load_table(run_lengths="eagle3-qwen3-8b"))
    assert all(weaker[batch] < speed_up for batch, speed_up in table)
    assert weaker[512] < 1


def test_the_load_table_at_one_call_by_hand() -> None:
    # plain: 5,885.90713 + 1,206.83946 + 21.0103129 + 256 x 0.0392645679 = 7,123.80863...
    # drafted: 3 more tokens 63.0309387, draft 2,135.26175 + 4 x 0.841429603 + 256 x 0.00237768493
    plain = Fraction("5885.90713") + Fraction("1206.83946") + Fraction("21.0103129")
    plain += 256 * Fraction("0.0392645679")
    draft = Fraction("2135.26175") + 4 * Fraction("0.841429603") + 256 * Fraction("0.00237768493")
    drafted = plain + 3 * Fraction("21.0103129") + draft
    assert dict(load_table())[1] == Fraction("2.6049") * plain / drafted


@pytest.mark.parametrize(
    ("row", "distribution"),
    [
        ("Llama-3.1-8B drafter", "eagle3-llama-3.1-8b"),
        ("Qwen3-8B drafter", "eagle3-qwen3-8b"),
    ],
)
def test_the_guide_prints_the_load_table_that_is_computed(row: str, distribution: str) -> None:
    computed = [f"{float(gain):.2f}" for _, gain in load_table(run_lengths=distribution)]
    assert f"| {row} | {' | '.join(computed)} |" in GUIDE


def test_long_contexts_keep_the_gain_under_load() -> None:
    assert dict(load_table(context_tokens=8000))[512] > dict(load_table())[512]


def test_every_published_figure_names_source_and_licence_and_falls() -> None:
    model = published()
    for tag, source, licence in (
        *((item.tag, item.source, item.licence) for item in model.distributions),
        (model.cost.tag, model.cost.source, model.cost.licence),
    ):
        assert tag.startswith("published:")
        assert source
        assert licence
    for drawn in model.distributions:
        assert list(drawn.accepted_at_least) == sorted(drawn.accepted_at_least, reverse=True)


def test_no_price_can_reach_it() -> None:
    assert list(inspect.signature(serve).parameters) == [
        "calls",
        "kinds",
        "objectives",
        "seed",
        "speculation",
    ]
    allowed = {
        "analyzer.compiled",
        "analyzer.errors",
        "analyzer.results",
        *(f"analyzer.simulators.{name}" for name in ("pass_costs", "passes", "recordings")),
        "analyzer.simulators.run_lengths",
    }
    for module in (serving, run_lengths, passes, pass_costs, recordings, closed_loop):
        tree = ast.parse(inspect.getsource(module))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analyzer"):
                assert node.module in allowed
            if isinstance(node, ast.Import):
                assert not any(name.name.startswith("analyzer") for name in node.names)


def test_plain_python_draws_what_the_compiled_loop_draws() -> None:
    calls = calls_of(*(call(number, output=50) for number in (-3, 0, 5, 2**60)))
    script = (
        "import sys, polars as pl\n"
        "from analyzer.simulators.serving import serve\n"
        "calls = pl.read_json(sys.stdin.buffer, schema_overrides={'speed': pl.String})\n"
        "print(serve(calls, {}, {}, 9).calls['latency_after_us'].to_list())\n"
    )
    plain = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", script],
        input=calls.write_json().encode(),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(inspect.getfile(serving)).parents[2],
        capture_output=True,
        check=True,
    )
    assert ast.literal_eval(plain.stdout.decode()) == after_us(calls, seed=9)
