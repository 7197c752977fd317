"""What could be read from cache, worked by hand, and on a published trace to the digits printed."""

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import fsum
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import cli
from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.reuse import FIVE_MINUTES, ONE_HOUR, Relative, reuse
from analyzer.store import Store
from analyzer.trace import Call, Tokens
from analyzer.traffic import Traffic, load
from tests.replay.log_builder import Block, Log, store_of, take

RULES, FIRST, SECOND = Block("rules", 3_000, "system"), Block("one", 500), Block("two", 700)


def traffic_of(calls: list[Call]) -> Traffic:
    with store_of(calls) as store:
        return load(store, Book.load())


@pytest.fixture
def fork() -> Log:
    """3,500 tokens at 0 s, 3,700 at 200 s (3,000 shared), 3,500 again at 450 s."""
    log = Log()
    log.call(0, [RULES, FIRST])
    log.call(200, [RULES, SECOND])
    log.call(450, [RULES, FIRST])
    return log


def test_a_prefix_is_read_while_its_last_use_is_young_enough(fork: Log) -> None:
    # 200 s: the 3,000 of the rules. 450 s: the rules were used 250 s ago, the question 450 s ago.
    found = reuse(traffic_of(fork.calls), 300, minimum=0)
    assert (found.calls, found.tokens, found.read) == (3, 10_700, 6_000)
    assert (found.blocks, found.blocks_read) == (6, 2)
    assert found.mean_block_share == pytest.approx((0 + 1 / 2 + 1 / 2) / 3, abs=1e-15)
    # always: 3,500 + 700 + 500 written; of that only the rules are ever read again
    assert (found.written, found.written_reused, found.read_reused) == (4_700, 3_000, 6_000)


def test_a_life_ends_on_its_second_and_never_without_one(fork: Log) -> None:
    traffic = traffic_of(fork.calls)
    assert reuse(traffic, 250, minimum=0).read == 3_000
    assert reuse(traffic, 251, minimum=0).read == 6_000
    assert reuse(traffic, 450, minimum=0).read == 6_000
    assert reuse(traffic, 451, minimum=0).read == reuse(traffic, None, minimum=0).read == 6_500


def test_without_refresh_a_life_runs_from_the_writing(fork: Log) -> None:
    # at 450 s the rules were written 450 s ago and are written again
    assert reuse(traffic_of(fork.calls), 300, minimum=0, refresh=False).read == 3_000


def test_a_prefix_below_the_minimum_is_neither_read_nor_written(fork: Log) -> None:
    traffic = traffic_of(fork.calls)
    found = reuse(traffic, 300, minimum=3_001)
    assert (found.read, found.written) == (0, 10_700)
    assert reuse(traffic, 300, minimum=3_600).written == 3_700
    # Haiku 4.5's own minimum is 4,096
    assert (reuse(traffic, 300).read, reuse(traffic, 300).written) == (0, 0)


def test_scopes_models_and_speeds_share_nothing() -> None:
    log = Log()
    log.call(0, [RULES])
    log.call(10, [RULES], workspace="two")
    log.call(20, [RULES], model="claude-sonnet-4-5")
    log.call(30, [RULES], speed="fast")
    log.call(40, [RULES])
    assert reuse(traffic_of(log.calls), 300, minimum=0).read == 3_000


def test_hidden_prompts_and_batches_are_left_out() -> None:
    log = Log()
    log.call(0, [RULES])
    log.call(10, [RULES], tier="batch")
    log.call(20, tokens=Tokens(uncached=900, output=1))
    log.call(None, [RULES])
    assert reuse(traffic_of(log.calls), None, minimum=0).calls == 1


def test_no_call_gives_no_reuse() -> None:
    found = reuse(traffic_of([]), None)
    assert not found.read_share + found.block_share + found.always(FIVE_MINUTES)


def test_costs_are_relative_to_caching_nothing(fork: Log) -> None:
    found = reuse(traffic_of(fork.calls), 300, minimum=0)
    # always: 4,700 x 1.25 + 6,000 x 0.1 = 6,475 of 10,700
    assert found.always(FIVE_MINUTES) == Fraction(6_475, 10_700)
    # with foresight: 3,000 x 1.25 + 6,000 x 0.1 + 1,700 plain = 6,050
    assert found.only_reused(FIVE_MINUTES) == Fraction(6_050, 10_700)


def test_always_marking_breaks_even_where_both_costs_meet() -> None:
    # r x 0.1 + (1 - r) x 1.25 = 1 at r = 0.25 / 1.15; with writes at 2, r = 1 / 1.9
    assert FIVE_MINUTES.break_even == Fraction(25, 115)
    assert ONE_HOUR.break_even == Fraction(10, 19)
    assert Relative(read=Fraction(1, 20)).break_even == Fraction(25, 120)


@pytest.fixture(scope="module")
def trace(reference_data: Path) -> list[Any]:
    log = reference_data / "mooncake_synthetic_trace.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture(scope="module")
def published(reference_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    file = tmp_path_factory.mktemp("reuse") / "store.duckdb"
    with Store.open(file, create=True) as store:
        ingest([str(reference_data / "mooncake_synthetic_trace.jsonl")], store)
        return load(store, Book.load())


def by_blocks(
    trace: list[Any], life_s: int | None, minimum: int, *, refresh: bool
) -> tuple[int, int, float]:
    """Tokens and blocks read, and the mean share of a request, from the ids of the trace alone."""
    used: dict[int, int] = {}
    tokens, blocks, shares = 0, 0, []
    for request in trace:
        now, ids = request["timestamp"], request["hash_ids"]
        live = [i in used and (life_s is None or now - used[i] < 1000 * life_s) for i in ids]
        hit = [*live, False].index(False)
        read = min(512 * hit, request["input_length"])
        hit, read = (hit, read) if read >= minimum else (0, 0)
        tokens, blocks = tokens + read, blocks + hit
        shares.append(hit / len(ids))
        used.update({i: now for i, alive in zip(ids, live, strict=True) if refresh or not alive})
    return tokens, blocks, fsum(shares) / len(shares)


SETTINGS: list[tuple[int | None, int, bool, str]] = [
    (None, 0, True, "65.12"),
    (60, 0, True, "32.76"),
    (300, 0, True, "59.51"),
    (300, 0, False, "52.23"),
    (300, 1024, True, "59.50"),
    (300, 2048, True, "59.50"),
    (300, 4096, True, "58.49"),
]
"""Life, minimum, refresh, and the published share of tokens read."""


@pytest.mark.parametrize(("life_s", "minimum", "refresh", "digits"), SETTINGS)
def test_the_published_trace_has_its_published_reuse(
    published: Traffic, trace: list[Any], life_s: int | None, minimum: int, *, refresh: bool,
    digits: str,
) -> None:  # fmt: skip
    found = reuse(published, life_s, refresh=refresh, minimum=minimum)
    tokens, blocks, mean = by_blocks(trace, life_s, minimum, refresh=refresh)
    assert (found.read, found.blocks_read) == (tokens, blocks)
    assert found.mean_block_share == pytest.approx(mean, abs=1e-12)
    assert f"{float(found.read_share) * 100:.2f}" == digits


def test_the_published_trace_has_its_published_block_figures(published: Traffic) -> None:
    found = reuse(published, None, minimum=0)
    assert (found.calls, found.tokens) == (3_993, 61_194_628)
    assert found.mean_block_share == pytest.approx(0.42323532378348516, abs=1e-12)
    assert (found.blocks, found.blocks - found.blocks_read) == (121_877, 43_924)
    assert found.block_share == 1 - Fraction(43_924, 121_877)


def test_the_published_trace_has_its_published_costs(published: Traffic, trace: list[Any]) -> None:
    # the trace names no model: the commonest minimum, 1,024, stands for it
    short, long = reuse(published, 300), reuse(published, 3_600)
    assert printed(short.always(FIVE_MINUTES), long.always(ONE_HOUR)) == "0.565 0.760"
    assert printed(short.only_reused(FIVE_MINUTES), long.only_reused(ONE_HOUR)) == "0.505 0.566"
    assert printed(FIVE_MINUTES.break_even, ONE_HOUR.break_even) == "0.217 0.526"
    for found, life_s in ((short, 300), (long, 3_600)):
        written, read = with_foresight(trace, life_s)
        assert (found.written_reused, found.read_reused) == (written, read)


def printed(*figures: Fraction) -> str:
    return " ".join(f"{float(figure):.3f}" for figure in figures)


def with_foresight(trace: list[Any], life_s: int) -> tuple[int, int]:
    """Tokens written and read when a block is written only if its next use comes in time."""
    uses: dict[int, list[tuple[int, int]]] = {}
    for request in trace:
        for place, block in enumerate(request["hash_ids"]):
            size = min(512, request["input_length"] - 512 * place)
            uses.setdefault(block, []).append((request["timestamp"], size))
    written = read = 0
    for times in uses.values():
        near = [b[0] - a[0] < 1000 * life_s for a, b in pairwise(times)]
        for place, (_, size) in enumerate(times):
            before, after = place > 0 and near[place - 1], place < len(near) and near[place]
            read += size * before
            written += size * (after and not before)
    return written, read


@pytest.fixture
def said(fork: Log, tmp_path: Path) -> Callable[..., str]:
    fork.call(500, tokens=Tokens(uncached=9, output=1))
    with Store.open(tmp_path / "store.duckdb", create=True) as store:
        take(store, fork.calls)

    def run(*options: str, fails: bool = False) -> str:
        asked = ["reuse", "--store", str(tmp_path / "store.duckdb"), *options]
        result = CliRunner().invoke(cli, asked)
        assert bool(result.exit_code) == fails, result.output
        return result.output or str(result.exception)

    return run


def test_the_command_prints_shares_and_costs_by_life(said: Callable[..., str]) -> None:
    lines = said("--minimum", "0").splitlines()
    assert lines[0] == "3 calls, 10,700 prompt tokens"
    assert "left out: 1 call in batches" in lines[1]
    rows = {line.split("  ")[0]: line.split() for line in lines[3:]}
    # 6,000 / 10,700 = 56.07 %, 2 of 6 blocks, 6,475 and 6,050 of 10,700
    assert rows["300 s"][2::2][:3] == ["56.07", "33.33", "33.33"]
    assert rows["300 s"][8:10] == ["0.605", "0.565"]
    assert rows["for ever"][2] == "60.75"
    assert lines[-1] == "billed as read: 0.00 % of these tokens"


def test_the_command_gives_exact_counts_as_json(said: Callable[..., str]) -> None:
    told = json.loads(said("--minimum", "0", "--life", "250", "--no-refresh", "--json"))
    assert [row["life_s"] for row in told["lives"]] == [250, None]
    assert [row["read"] for row in told["lives"]] == [3_000, 6_500]
    # 3,000 read at 0.1 and 7,700 written at 1.25 make 9,925
    assert Fraction(told["lives"][0]["always"]) == Fraction(9_925, 10_700)


def test_a_model_that_no_call_names_is_said(said: Callable[..., str]) -> None:
    assert "its models are claude-haiku-4-5" in said("--model", "gpt", fails=True)
    assert said("--model", "claude-haiku-4-5").startswith("3 calls")
