"""Small logs about one cached prefix, and what was lost on them.

Haiku 4.5 costs $1 for a million tokens of input, so one token is 1,000,000 pico-dollars: a read
0.1, a five-minute write 1.25, a one-hour write 2 of them. Its minimum is 4,096 tokens.
"""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from analyzer.results import LostCache
from analyzer.savings.lost import lost_cache
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Log, study_of

TOKEN = 10**6
"""Pico-dollars of one plain token."""
HAIKU, OPUS = "claude-haiku-4-5", "claude-opus-4-5"
RULES = Block("rules", 5_000, "system", ttl="5m")
BARE = Block("rules", 5_000, "system")
ASK = Block("ask", 100)
AGAIN = Block("ask again", 100)


def written(tokens: int, rest: int = 100, life: str = "5m") -> Tokens:
    """A call that wrote its prefix."""
    if life == "1h":
        return Tokens(uncached=rest, read=0, write_5m=0, write_1h=tokens, output=1)
    return Tokens(uncached=rest, read=0, write_5m=tokens, write_1h=0, output=1)


def plain(tokens: int) -> Tokens:
    """A call that neither read nor wrote."""
    return Tokens(uncached=tokens, read=0, write_5m=0, write_1h=0, output=1)


def lost(calls: Iterable[Call], **question: Any) -> LostCache:
    """What was lost on a log, at each call's own prices."""
    scene = study_of(calls, **{"prices": "logged", **question}).scene
    return lost_cache(scene.traffic, scene.basis)


def reasons(found: LostCache) -> dict[str, tuple[int, int, int, int]]:
    """(calls, tokens written, tokens plain, pico-dollars) by reason, over all workloads."""
    sums: dict[str, tuple[int, int, int, int]] = {}
    for line in found.lines:
        assert line.lost.denominator == 1
        row = (line.calls, line.written, line.uncached, int(line.lost))
        before = sums.get(line.reason, (0, 0, 0, 0))
        sums[line.reason] = tuple(a + b for a, b in zip(before, row, strict=True))  # type: ignore[assignment]  # four and four
    assert sum(row[3] for row in sums.values()) == found.total
    return sums


def twice(gap_s: int, first: dict[str, Any], second: dict[str, Any]) -> list[Call]:
    """Two calls with one system prompt of 5,000 tokens, each written by default."""
    log = Log()
    for at_s, ask, fields in ((0, ASK, first), (gap_s, AGAIN, second)):
        told = {"prompt": [RULES, ask], "tokens": written(5_000), **fields}
        params = {name: told.pop(name) for name in list(told) if name.endswith("_params")}
        call = log.call(at_s, **told)
        log.calls[-1] = replace(call, prompt=replace(call.prompt, **params))
    return log.calls
