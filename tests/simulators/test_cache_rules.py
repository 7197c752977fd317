"""Each vendor rule worked by hand, asked of the readable oracle and of the compiled kernel alike.

Bills are (read, write_5m, write_1h, uncached). Unless a case says otherwise, a block holds 100
tokens, a response begins 1 second after its request, and nothing is too short to cache.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.simulators.cache_oracle import Bill, Block, Mark, OracleRequest, Section
from tests.simulators.cache_oracle import replay as oracle_replay

Replay = Callable[[list[OracleRequest]], list[Bill]]
HOUR = 3600
SECOND_US = 1_000_000
PAGE = "vendor prompt-caching page, 2026-08-21"
GUIDE = "vendor prompt-caching guide for agents, September 2026"
STATED = "our choice, stated in docs/cache-rules.md"
DOC = Path(__file__).parents[2] / "docs" / "cache-rules.md"

RULES = {
    "one-entry": ("A mark writes one entry, the whole prefix up to it, and no other.", PAGE),
    "longest": ("The longest live entry in any mark's window is read.", PAGE),
    "lookback": ("A mark looks back over 20 positions, its own among them.", PAGE),
    "tool-runs": ("A run of tool_use, or of tool_result, is one position.", GUIDE),
    "minimum": ("A prefix under the model's minimum is neither written nor read.", PAGE),
    "split": ("New tokens are 1h up to the last 1h mark, 5m up to the last mark.", PAGE),
    "availability": ("An entry is readable once the response that wrote it begins.", PAGE),
    "expiry": ("A life is counted from the start of the request that gave it.", PAGE),
    "refresh": ("A read starts the entry's own life anew, at no cost.", PAGE),
    "covered": ("A read also renews shorter live entries at the request's own marks.", STATED),
    "isolation": ("Scopes, models and speeds share nothing.", PAGE),
    "parameters": ("A parameter drops the entries of its section and of those after it.", PAGE),
    "merge": (
        "Writers of one entry that overlap share it: earliest readable, longest life.",
        STATED,
    ),
    "seed": ("An entry the bill proves is there before the lookup.", STATED),
    "loop": (
        "Where a request has any mark, results of the server's own tools get one for 5 minutes.",
        PAGE,
    ),
    "no-marks": ("Without a mark nothing is read or written.", PAGE),
}


def blocks(
    count: int, kind: str = "text", section: Section = "messages", first: int = 0, tokens: int = 100
) -> tuple[Block, ...]:
    """Blocks first, first + 1, ... of one kind."""
    return tuple(Block(i, section, kind, tokens) for i in range(first, first + count))


def at(number: int, ttl_s: int = 300) -> Mark:
    """Mark the block with this number, counted from 1."""
    return Mark(number - 1, ttl_s)


def ask(at_s: float, prompt: tuple[Block, ...], *marks: Mark) -> OracleRequest:
    """Send a prompt at a second; its response begins one second later."""
    start = round(at_s * SECOND_US)
    return OracleRequest(start_us=start, ready_us=start + SECOND_US, blocks=prompt, marks=marks)


@dataclass(frozen=True, slots=True)
class Case:
    """Requests in order of time, and their bills."""

    rule: str
    name: str
    asked: list[OracleRequest]
    bills: list[Bill]


TEN, ELEVEN, LONG = blocks(10), blocks(11), blocks(35)
LAYERED = blocks(2, "tool", "tools") + blocks(3, "text", "system", 2) + blocks(5, "text", first=5)
"""200 tokens of tools, 300 of system, 500 of messages."""
CALLS = blocks(1) + blocks(30, "tool_use", first=1) + blocks(30, "tool_result", first=31)
"""A question, 30 calls, 30 results: 61 blocks on 3 positions."""
SINGLES = blocks(1) + tuple(
    Block(i, "messages", ("text", "tool_use")[i % 2], 100) for i in range(1, 21)
)
"""A question, then call, text, call, text, ...: 21 blocks on 21 positions."""
ONE_AND_EMPTY = blocks(1) + blocks(1, first=1, tokens=0)


def layered(at_s: float) -> OracleRequest:
    """Ask the layered prompt with a mark at the end of each section."""
    return ask(at_s, LAYERED, at(2), at(5), at(10))


def short(request: OracleRequest, minimum: int) -> OracleRequest:
    """Raise the minimum of a request."""
    return replace(request, minimum=minimum)


def seeded(request: OracleRequest, seed: Mark) -> OracleRequest:
    """Say that the bill proves an entry."""
    return replace(request, seed=seed)


COLD = (0, 1000, 0, 0)
"""Ten blocks with a 5m mark on the last, nothing cached."""
WARM = (1000, 0, 0, 0)

CASES = [
    Case(
        "one-entry",
        "the same prompt again is read whole, and one block more is written",
        [ask(0, TEN, at(10)), ask(9, TEN, at(10)), ask(18, ELEVEN, at(11))],
        [COLD, WARM, (1000, 100, 0, 0)],
    ),
    Case(
        "one-entry",
        "a shorter prompt inside the entry's prefix finds nothing",
        [ask(0, TEN, at(10)), ask(9, blocks(9), at(9))],
        [COLD, (0, 900, 0, 0)],
    ),
    Case(
        "one-entry",
        "one changed block in front loses everything behind it",
        [ask(0, TEN, at(10)), ask(9, blocks(1, first=99) + TEN[1:], at(10))],
        [COLD, COLD],
    ),
    Case(
        "one-entry",
        "a block that counts no tokens still ends a prefix of its own",
        # the second reads 1 (renewed to 309) and writes 2 for an hour, which adds no token;
        # at 309 entry 1 is gone and entry 2 is read
        [ask(s, ONE_AND_EMPTY, m) for s, m in ((0, at(1)), (9, at(2, HOUR)), (309, at(2)))],
        [(0, 100, 0, 0), (100, 0, 0, 0), (100, 0, 0, 0)],
    ),
    Case(
        "longest",
        "of entries at 3 and 7 a later mark at 10 reads the one at 7",
        # 700 read, 10 - 7 = 3 blocks written
        [ask(0, TEN, at(3), at(7)), ask(9, TEN, at(10))],
        [(0, 700, 0, 300), (700, 300, 0, 0)],
    ),
    Case(
        "longest",
        "a fork reads up to where it left",
        # the first writes 4 and 10; the second shares 6 blocks, so only 4 matches
        [ask(0, TEN, at(4), at(10)), ask(9, TEN[:6] + blocks(4, first=50), at(10))],
        [COLD, (400, 600, 0, 0)],
    ),
    Case(
        "lookback",
        "35 blocks with an entry at 15 miss: 35 back to 16 is twenty",
        [ask(0, blocks(15), at(15)), ask(9, LONG, at(35))],
        [(0, 1500, 0, 0), (0, 3500, 0, 0)],
    ),
    Case(
        "lookback",
        "35 blocks with an entry at 16 hit",
        [ask(0, blocks(16), at(16)), ask(9, LONG, at(35))],
        [(0, 1600, 0, 0), (1600, 1900, 0, 0)],
    ),
    Case(
        "lookback",
        "a second mark nearer to the entry saves the read",
        # the mark at 30 sees back to 11, so the entry at 15 is found
        [ask(0, blocks(15), at(15)), ask(9, LONG, at(30), at(35))],
        [(0, 1500, 0, 0), (1500, 2000, 0, 0)],
    ),
    Case(
        "tool-runs",
        "61 blocks of one tool round are 3 positions, so the question is still found",
        [ask(0, CALLS[:1], at(1)), ask(9, CALLS, at(61))],
        [(0, 100, 0, 0), (100, 6000, 0, 0)],
    ),
    Case(
        "tool-runs",
        "a mark and an entry inside one run share its position",
        [ask(0, CALLS[:5], at(5)), ask(9, CALLS[:31], at(31))],
        [(0, 500, 0, 0), (500, 2600, 0, 0)],
    ),
    Case(
        "tool-runs",
        "text in between ends a run, so ten single calls with text are too far",
        # from position 21 twenty positions reach back to 2; the question is on 1
        [ask(0, SINGLES[:1], at(1)), ask(9, SINGLES, at(21))],
        [(0, 100, 0, 0), (0, 2100, 0, 0)],
    ),
    Case(
        "minimum",
        "one token under the minimum is not cached, exactly the minimum is",
        [short(ask(s, TEN, at(10)), least) for s, least in ((0, 1001), (9, 1000), (18, 1000))],
        [(0, 0, 0, 1000), COLD, WARM],
    ),
    Case(
        "minimum",
        "a short mark writes nothing while a long one does, and the split skips the short 1h mark",
        # 400 at the 1h mark is under 512, so B = A = 0 and all 1000 are 5m
        [short(ask(0, TEN, at(4, HOUR), at(10)), 512), short(ask(9, TEN, at(4)), 0)],
        [COLD, (0, 400, 0, 600)],
    ),
    Case(
        "minimum",
        "an entry written under a lower minimum is not read under a higher one",
        [short(ask(0, TEN, at(10)), 512), short(ask(9, TEN, at(10)), 1024)],
        [COLD, (0, 0, 0, 1000)],
    ),
    Case(
        "split",
        "1h up to block 2, 5m from there to 6, the rest plain",
        [ask(0, TEN, at(2, HOUR), at(6))],
        [(0, 400, 200, 400)],
    ),
    Case(
        "split",
        "after a hit at 2 the 1h part runs from 2 to 6 and the 5m part to 10",
        [ask(0, TEN, at(2, HOUR)), ask(9, TEN, at(2, HOUR), at(6, HOUR), at(10))],
        [(0, 0, 200, 800), (200, 400, 400, 0)],
    ),
    Case(
        "split",
        "a 1h mark at or before the hit adds nothing",
        [ask(0, TEN, at(6)), ask(9, TEN, at(2, HOUR), at(6, HOUR), at(10))],
        [(0, 600, 0, 400), (600, 400, 0, 0)],
    ),
    Case(
        "split",
        "5m before 1h, which the API refuses: all is 1h up to the last 1h mark",
        [ask(0, TEN, at(4), at(8, HOUR))],
        [(0, 0, 800, 200)],
    ),
    Case(
        "availability",
        "parallel cold requests each write; exactly at the first response it is read",
        [ask(0, TEN, at(10)), ask(0.999999, TEN, at(10)), ask(1, TEN, at(10))],
        [COLD, COLD, WARM],
    ),
    Case(
        "expiry",
        "5m: a microsecond before 300 s hits",
        [ask(0, TEN, at(10)), ask(299.999999, TEN, at(10))],
        [COLD, WARM],
    ),
    Case(
        "expiry",
        "5m: 300 s after the start, not after the response, misses",
        [ask(0, TEN, at(10)), ask(300, TEN, at(10))],
        [COLD, COLD],
    ),
    Case(
        "expiry",
        "1h: 3599.999999 s hits; 3600 s after that read misses",
        [ask(s, TEN, at(10, HOUR)) for s in (0, 3599.999999, 7199.999999)],
        [(0, 0, 1000, 0), WARM, (0, 0, 1000, 0)],
    ),
    Case(
        "refresh",
        "reads every 299 s keep a 5m entry for ever; a gap of 300 s from the last read ends it",
        [ask(s, TEN, at(10)) for s in (0, 299, 598, 897, 1197)],
        [COLD, WARM, WARM, WARM, COLD],
    ),
    Case(
        "refresh",
        "a 1h mark that reads a 5m entry renews it for 5 minutes only",
        [ask(0, TEN, at(10)), ask(9, TEN, at(10, HOUR)), ask(309, TEN, at(10))],
        [COLD, WARM, COLD],
    ),
    Case(
        "refresh",
        "a 5m mark that reads a 1h entry renews it for the hour",
        [ask(0, TEN, at(10, HOUR)), ask(3000, TEN, at(10)), ask(6599, TEN, at(10))],
        [(0, 0, 1000, 0), WARM, WARM],
    ),
    Case(
        "covered",
        "reading at 10 with a mark at 2 keeps 2 alive, but 6, unmarked, expires",
        # at 400 s only 2 lives (renewed at 200), at 10 the fork needs it; 6 died at 300
        [
            ask(0, TEN, at(2), at(6), at(10)),
            ask(200, TEN, at(2), at(10)),
            ask(400, TEN[:7] + blocks(3, first=50), at(2), at(6)),
        ],
        [COLD, WARM, (200, 400, 0, 400)],
    ),
    Case(
        "covered",
        "an expired shorter entry is not revived by the read behind it",
        [
            ask(0, TEN, at(2)),
            ask(9, TEN, at(10, HOUR)),
            ask(309, TEN, at(2), at(10)),
            ask(310, TEN[:2], at(2)),
        ],
        # the second reads 2 (renewed to 309) and writes 10 for an hour; at 309 entry 2 is gone
        [(0, 200, 0, 800), (200, 0, 800, 0), WARM, (0, 200, 0, 0)],
    ),
    Case(
        "isolation",
        "another scope, model or speed starts cold, tools too",
        [
            layered(0),
            replace(layered(9), scope=1),
            replace(layered(18), model=1),
            replace(layered(27), speed=1),
            layered(36),
        ],
        [COLD, COLD, COLD, COLD, WARM],
    ),
    Case(
        "parameters",
        "a message parameter leaves tools and system: 500 read, 500 written",
        [layered(0), replace(layered(9), message_params=1), layered(18)],
        [COLD, (500, 500, 0, 0), WARM],
    ),
    Case(
        "parameters",
        "a system parameter leaves the tools: 200 read, 800 written",
        [layered(0), replace(layered(9), system_params=1)],
        [COLD, (200, 800, 0, 0)],
    ),
    Case(
        "merge",
        "two cold writers overlap: readable from the first response",
        # the second responds at 1.5 s, yet the third at 1.2 s reads what the first made ready at 1
        [ask(0, TEN, at(10)), ask(0.5, TEN, at(10)), ask(1.2, TEN, at(10))],
        [COLD, COLD, WARM],
    ),
    Case(
        "merge",
        "a 5m writer beside a 1h writer leaves the hour standing",
        # the hour runs from the later writer's start, 0.5 s
        [ask(0, TEN, at(10, HOUR)), ask(0.5, TEN, at(10)), ask(3600.4, TEN, at(10))],
        [(0, 0, 1000, 0), COLD, WARM],
    ),
    Case(
        "merge",
        "an expired entry is replaced: the new one is not readable early, nor an hour long",
        [ask(s, TEN, at(10, life)) for s, life in ((0, HOUR), (3600, 300), (3600.5, 300))]
        + [ask(3901, TEN, at(10))],
        [(0, 0, 1000, 0), COLD, COLD, COLD],
    ),
    Case(
        "seed",
        "a seeded prefix of 4 is read, then lives by its own life",
        [seeded(ask(0, TEN, at(10)), at(4)), ask(299, TEN, at(4)), ask(599, TEN, at(4))],
        # 299: entry 4 is read and renewed to 599; at 599 it is gone
        [(400, 600, 0, 0), (400, 0, 0, 600), (0, 400, 0, 600)],
    ),
    Case(
        "seed",
        "a live entry is not shortened by a seed",
        [ask(0, TEN, at(10, HOUR)), seeded(ask(9, TEN, at(10)), at(10)), ask(3000, TEN, at(10))],
        [(0, 0, 1000, 0), WARM, WARM],
    ),
    Case(
        "seed",
        "a seed out of every mark's sight is not read",
        [seeded(ask(0, LONG, at(35)), at(15))],
        [(0, 3500, 0, 0)],
    ),
    Case(
        "loop",
        "the next prompt reads up to the result in the answer, 1h marks or not, for 5 minutes",
        # ten blocks asked, five answered of which the third is the result: 13 blocks are 1,300
        [
            replace(ask(0, TEN, at(10, HOUR)), answer=blocks(5, first=10), loop=12),
            ask(299, blocks(16), at(16)),
            ask(700, blocks(13), at(13)),
        ],
        # at 700 the entry at 13, renewed at 299, is gone; that at 10 lives for an hour
        [(0, 0, 1000, 0), (1300, 300, 0, 0), (1000, 300, 0, 0)],
    ),
    Case(
        "loop",
        "a request without a mark gets none",
        [
            replace(ask(0, TEN), answer=blocks(5, first=10), loop=12),
            ask(9, blocks(16), at(16)),
        ],
        [(0, 0, 0, 1000), (0, 1600, 0, 0)],
    ),
    Case(
        "no-marks",
        "nothing is read, written or renewed, whatever is cached or seeded",
        [ask(0, TEN, at(10)), seeded(ask(200, TEN), at(10)), ask(300, TEN, at(10))],
        [COLD, (0, 0, 0, 1000), COLD],
    ),
]


@pytest.fixture(params=["oracle", "kernel"])
def engine(request: pytest.FixtureRequest, kernel_replay: Replay) -> Replay:
    """Either implementation of the rules."""
    return oracle_replay if request.param == "oracle" else kernel_replay


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}: {case.name}" for case in CASES])
def test_a_worked_case_is_billed_as_the_rule_says(case: Case, engine: Replay) -> None:
    assert engine(case.asked) == case.bills


def test_every_rule_has_a_worked_case() -> None:
    assert {case.rule for case in CASES} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_stands_in_the_documentation_with_its_source(rule: str) -> None:
    rows = [
        line for line in DOC.read_text("utf-8").splitlines() if line.startswith(f"| `{rule}` |")
    ]
    sentence, source = RULES[rule]
    assert rows == [f"| `{rule}` | {sentence} | {source} |"]


def test_no_requests_give_no_bills(engine: Replay) -> None:
    assert engine([]) == []


def test_an_empty_prompt_costs_nothing(engine: Replay) -> None:
    assert engine([ask(0, ())]) == [(0, 0, 0, 0)]


def test_bills_come_back_in_the_order_asked_whatever_the_times(engine: Replay) -> None:
    assert engine([ask(9, TEN, at(10)), ask(0, TEN, at(10))]) == [WARM, COLD]
