"""The bound against every policy of tiny traces: never above the true optimum, and equal to it
where no dropped rule binds. The optimum comes from the independent oracle."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.search import edges
from analyzer.search.edges import Edges, Touches, least, levels
from tests.search.every_policy import Rates, cheapest
from tests.simulators.cache_oracle import Block, OracleRequest
from tests.simulators.conftest import TrieBuilder

SONNET = Rates(plain=100, read=10, write_5m=125, write_1h=200)
OPUS = Rates(plain=200, read=10, write_5m=250, write_1h=400)
"""Reads at a tenth and at a twentieth of the plain price."""
MICROSECONDS = 1_000_000


def bound(requests: list[OracleRequest], rates: Rates) -> int:
    """The bound of the same requests under one price."""
    builder = TrieBuilder()
    paths = [builder.add(request) for request in requests]
    trie = builder.trie()
    count = len(requests)
    none = np.full((count, 4), -1, np.int32)
    zeros, leaf = np.zeros(count, np.int32), np.array([p.nodes[-1] for p in paths], np.int32)
    start = np.array([r.start_us for r in requests], np.int64)
    prompt = [[r.prefix_tokens(len(r.blocks) - 1)] for r in requests]
    price = [rates.plain, rates.read, rates.write_5m, rates.write_1h, -1, -1]
    touches = Touches(
        start_us=start,
        clock_us=start,
        family=zeros,
        leaf=leaf,
        system_end=zeros - 1,
        seed=zeros - 1,
        marks=none,
        lives=none,
        prompt=np.array(prompt, np.int64),
        minimum=np.array([[r.minimum] for r in requests], np.int64),
        prices=np.array([[price]] * count, np.int64),
        group=zeros,
        idle=np.array([[[rates.read, rates.write_5m, rates.write_1h]]], np.int64),
        keys=(zeros, zeros, zeros),
    )
    known = Edges(trie.parent, levels(trie.parent, trie.section), trie.tokens[:1, None, :])
    return int(least(known, touches, free=True)[0].sum())


def asked(at_s: int, *sizes: tuple[int, int], ready_s: int = 0, minimum: int = 0) -> OracleRequest:
    """A request of blocks (identity, tokens), answered at once."""
    return OracleRequest(
        start_us=at_s * MICROSECONDS,
        ready_us=(at_s + ready_s) * MICROSECONDS,
        blocks=tuple(Block(identity, "messages", "text", size) for identity, size in sizes),
        minimum=minimum,
    )


def gaps(*at_s: int) -> list[OracleRequest]:
    """The same 100 tokens asked at these seconds, each with a question of 10 tokens of its own."""
    return [asked(at, (1, 100), (100 + at, 10)) for at in at_s]


@pytest.mark.parametrize(
    ("requests", "by_hand"),
    [
        # nothing comes back: 110 plain
        (gaps(0), 11_000),
        # written for 5 minutes and read, two plain questions: 12,500 + 1,000 + 2,000
        (gaps(0, 299), 15_500),
        # 200 s late: one ping, 1,000 more
        (gaps(0, 500), 16_500),
        # two hours: an hour's write (20,000) and 1 ping; 2 x plain (20,000 + 2,000) is cheaper
        (gaps(0, 7_100), 22_000),
        # 5m write, then every call reads: 12,500 + 3 x 1,000 + 4 x 1,000
        (gaps(0, 200, 400, 600), 19_500),
    ],
)
def test_bound_and_optimum_by_hand(requests: list[OracleRequest], by_hand: int) -> None:
    assert bound(requests, SONNET) == by_hand
    assert cheapest(requests, SONNET) == by_hand


def test_a_read_may_buy_an_hour_with_a_short_mark_behind_it() -> None:
    # 1,000 shared tokens, 1 token behind them. The second call reads the 1,000 and writes its own
    # token for an hour, which keeps the 1,000 for the third, 50 minutes later.
    requests = [asked(at, (1, 1_000), (at + 2, 1)) for at in (0, 60, 3_060)]
    requests[2] = replace(
        requests[2], blocks=(*requests[1].blocks, Block(9, "messages", "text", 1))
    )
    # 125,000 + 10,000 + 10,000 for the 1,000; behind them 100, 200 (an hour) + 10, and 100.
    # The bound lets the 1,000 live on without the token's hour: 125 with a ping, or 100 + 100.
    assert cheapest(requests, SONNET) == 145_000 + 100 + 210 + 100
    assert 145_000 + 400 >= bound(requests, SONNET) >= 145_000 + 300


def test_what_the_bound_drops_leaves_it_below() -> None:
    # Not readable before the first answer begins: both calls pay plain, the bound lets one read.
    together = [asked(at, (1, 100), (at + 5, 10), ready_s=30) for at in (0, 10)]
    assert cheapest(together, SONNET) > bound(together, SONNET)


def test_prompts_below_the_minimum_are_plain_in_the_bound_too() -> None:
    short = [replace(request, minimum=200) for request in gaps(0, 10, 20)]
    assert bound(short, SONNET) == cheapest(short, SONNET) == 33_000


@st.composite
def traces(draw: st.DrawFn) -> list[OracleRequest]:
    """Up to six calls over a tiny trie, at gaps around the lives."""
    made: list[OracleRequest] = []
    at_s, count = 0, draw(st.integers(1, 6))
    for number in range(count):
        at_s += draw(st.sampled_from((0, 20, 299, 301, 1_000, 3_599, 3_700, 20_000)))
        size = draw(st.sampled_from((1, 40, 300)))
        before = made[draw(st.integers(0, len(made) - 1))].blocks if made else ()
        kept = before[: draw(st.integers(0, min(len(before), 2)))]
        blocks = (*kept, Block(number + 1, "messages", "text", size))
        ready = at_s + draw(st.sampled_from((0, 0, 40)))
        made.append(
            OracleRequest(
                start_us=at_s * MICROSECONDS,
                ready_us=ready * MICROSECONDS,
                blocks=blocks,
                minimum=draw(st.sampled_from((0, 0, 100))),
            )
        )
    return made


@settings(deadline=None, max_examples=40)
@given(requests=traces(), rates=st.sampled_from((SONNET, OPUS)))
def test_the_bound_is_never_above_the_true_optimum(
    requests: list[OracleRequest], rates: Rates
) -> None:
    assert bound(requests, rates) <= cheapest(requests, rates)


@settings(deadline=None, max_examples=40)
@given(
    data=st.data(),
    at_s=st.lists(st.sampled_from((0, 20, 299, 301, 1_000, 3_700, 40_000)), min_size=1, max_size=6),
)
def test_on_one_shared_prefix_the_bound_is_the_optimum(
    data: st.DataObject, at_s: list[int]
) -> None:
    """Nothing dropped can bind: one shared block, no tokens behind it that anyone could share."""
    rates = data.draw(st.sampled_from((SONNET, OPUS)))
    starts = [sum(at_s[: place + 1]) for place in range(len(at_s))]
    requests = [asked(at, (1, 500), (10 + n, 0)) for n, at in enumerate(starts)]
    assert bound(requests, rates) == cheapest(requests, rates)


def write_for_ever(*_told: object) -> tuple[int, int]:
    """A write that costs more than anything: nothing is ever cached."""
    return 1 << 61, 1 << 61


def test_a_bound_that_never_writes_is_above_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted in the plain Python of the program: it must break the law above."""
    for name in ("_run", "_step", "_met", "_arrive", "_open", "_settle", "_prices", "_weigh"):
        plain(monkeypatch, name)
    for name in ("_walk", "_reaches", "_tail", "_warm", "_shared"):
        plain(monkeypatch, name)
    requests = gaps(0, 200, 400, 600)
    assert bound(requests, SONNET) == cheapest(requests, SONNET) == 19_500
    monkeypatch.setattr(edges, "_made", write_for_ever)
    assert bound(requests, SONNET) > cheapest(requests, SONNET)


def plain(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Take a function's Python in place of its compiled form."""
    compiled = getattr(edges, name)
    monkeypatch.setattr(edges, name, getattr(compiled, "py_func", compiled))
