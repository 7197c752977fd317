"""How much of a traffic's prompts stands behind a prefix that was sent before: what could be read.

A bound, not a replay: every block may hold an entry, it is readable at once, and there are as many
marks as blocks. A life runs from the last use (or from the writing, without refresh), and an entry
is gone when it is over. Scopes, models and speeds share nothing, as in the vendor's cache.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.compiled import compiled
from analyzer.simulators.cache_kernel import Trie
from analyzer.simulators.events import REPLAYABLE
from analyzer.traffic import Traffic

Int64s = npt.NDArray[np.int64]

FOR_EVER_US = 2**62
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Relative:
    """Prices of input tokens relative to plain input, which is 1 (vendor's pricing page)."""

    read: Fraction = Fraction(1, 10)
    write: Fraction = Fraction(5, 4)

    @property
    def break_even(self) -> Fraction:
        """Share of a prompt that must be read for marking it to cost what not marking it costs.

        With a share r read and the rest written: r x read + (1 - r) x write = 1.
        """
        return (self.write - 1) / (self.write - self.read)


FIVE_MINUTES = Relative()
ONE_HOUR = Relative(write=Fraction(2))


@dataclass(frozen=True, slots=True)
class Reuse:
    """Tokens and blocks under one life; every count is of the calls whose prompt is visible."""

    calls: int
    tokens: int
    read: int
    """Tokens behind a live prefix."""
    written: int
    """Tokens that always caching writes."""
    written_reused: int
    """Tokens written when only what is read again while it lives is written."""
    read_reused: int
    """Tokens then read; `read` where no prefix is below the minimum."""
    blocks: int
    blocks_read: int
    mean_block_share: float
    """Mean over the calls of each one's own share of blocks read."""

    @property
    def read_share(self) -> Fraction:
        """Share of the tokens that could be read."""
        return Fraction(self.read, self.tokens) if self.tokens else Fraction(0)

    @property
    def block_share(self) -> Fraction:
        """Share of the blocks that could be read."""
        return Fraction(self.blocks_read, self.blocks) if self.blocks else Fraction(0)

    def always(self, price: Relative) -> Fraction:
        """Cost of marking every prompt, relative to caching nothing."""
        return self._cost(self.read, self.written, price)

    def only_reused(self, price: Relative) -> Fraction:
        """Cost when foresight writes only what is read again, relative to caching nothing."""
        return self._cost(self.read_reused, self.written_reused, price)

    def _cost(self, read: int, written: int, price: Relative) -> Fraction:
        plain = self.tokens - read - written
        return (read * price.read + written * price.write + plain) / max(1, self.tokens)


def reuse(
    traffic: Traffic,
    life_s: int | None,
    *,
    refresh: bool = True,
    minimum: int | None = None,
) -> Reuse:
    """Walk the traffic once in order of time; entries live `life_s` seconds, for ever when None.

    `minimum` is the smallest prefix that is cached, in tokens; each model's own when None.
    """
    calls = shown(traffic.calls)
    fast = pl.col("speed").eq("fast").fill_null(value=False)
    context = calls.select(pl.struct("scope", "name", fast).rank("dense")).to_series().to_numpy()
    # One context after the other: then one clock a node is enough for all of them.
    order = np.lexsort((calls["request"].to_numpy(), calls["start_us"].to_numpy(), context))
    least = calls["minimum"] if minimum is None else pl.repeat(minimum, len(calls), eager=True)
    columns = [
        values.cast(pl.Int64).to_numpy()[order]
        for values in (calls["start_us"], calls["leaf"], calls["family"], calls["prompt"], least)
    ]
    life_us = FOR_EVER_US if life_s is None else life_s * _SECOND_US
    found = np.zeros((len(calls), len(_COUNTS)), np.int64)
    _walk(
        _links(traffic.trie), (context.astype(np.int64)[order], *columns), (life_us, refresh), found
    )
    sums = dict(zip(_COUNTS, found.sum(axis=0).tolist(), strict=True))
    shares = found[:, _BLOCKS_READ] / np.maximum(1, found[:, _BLOCKS])
    mean = fsum(shares.tolist()) / max(1, len(calls))
    tokens = int(calls["prompt"].sum())
    return Reuse(calls=len(calls), tokens=tokens, mean_block_share=mean, **sums)


def shown(calls: pl.DataFrame) -> pl.DataFrame:
    """Give the calls whose prompt is visible and whose time is known."""
    visible = pl.col("visibility").is_in(REPLAYABLE) & (pl.col("leaf") >= 0)
    return calls.filter(visible & pl.col("start_us").is_not_null() & (pl.col("tier") != "batch"))


_COUNTS = ("read", "written", "written_reused", "read_reused", "blocks", "blocks_read")
_BLOCKS, _BLOCKS_READ = 4, 5


def _links(trie: Trie) -> tuple[Any, ...]:
    nodes = len(trie.parent)
    seen = np.full(nodes, -1, np.int64)
    used = np.zeros(nodes, np.int64)
    alone = np.zeros(nodes, np.bool_)
    return trie.parent, trie.tokens, (seen, used, alone), np.empty(nodes + 1, np.int32)


@compiled
def _walk(links: Any, calls: Any, rule: Any, found: Int64s) -> None:
    parent, tokens, state, path = links
    context, start, leaf, row, prompt, minimum = calls
    for i in range(len(start)):
        depth = 0
        node = leaf[i]
        while node >= 0:
            path[depth] = node
            depth += 1
            node = parent[node]
        call = (context[i], start[i], prompt[i], minimum[i])
        _one(path[:depth], tokens[row[i]], call, (state, rule), found[i])


@compiled
def _one(path: Any, tokens: Any, call: Any, memory: Any, found: Int64s) -> None:
    """Count one prompt, from its first block (the path's end) to its last."""
    context, now, prompt, minimum = call
    (seen, used, alone), (life_us, refresh) = memory
    whole, before, hit, blocks_hit = True, 0, 0, 0
    end = min(tokens[path[0]], prompt)
    for place in range(len(path) - 1, -1, -1):
        node = path[place]
        upto = min(tokens[node], prompt)
        own = max(0, upto - before)
        before = max(before, upto)
        alive = seen[node] == context and now - used[node] < life_us
        whole = whole and alive
        if whole:
            hit = upto
            blocks_hit += 1
        if alive:
            found[3] += own
            if alone[node]:  # the first use that is read again: now it is known to be worth writing
                found[2] += own
        alone[node] = not alive
        if refresh or not alive:
            used[node] = now
        seen[node] = context
    if hit >= minimum:
        found[0] = hit
        found[5] = blocks_hit
    found[1] = max(0, end - found[0]) if end >= minimum else 0
    found[4] = len(path)
