"""Traffic as a Mooncake trace, the form in which inference simulators share arrivals and prefixes.

A block is 512 tokens of one prompt; two requests share its id when they share every token up to its
end, as far as the prompt trie shows. Models share no block. A last block that is shorter is another
block than the full one that stands there in a longer prompt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from analyzer.compiled import compiled
from analyzer.errors import InputError
from analyzer.traffic import Traffic

BLOCK_TOKENS = 512
_US_PER_MS = 1000
_FIELDS = ("start_us", "prompt", "output", "leaf", "family", "name", "request")


@dataclass(slots=True)
class Written:
    """What a trace holds and what it could not show; complete once the trace was written."""

    requests: int = 0
    blocks: int = 0
    distinct: int = 0
    hidden: int = 0
    """Requests whose prompt the log does not show: they share no block with any other."""
    untimed: int = 0
    """Calls without a time, which stand in no trace."""


def mooncake(traffic: Traffic, written: Written, model: str | None = None) -> Iterator[str]:
    """Give the trace line by line, in order of arrival; times count from the first request.

    Raises:
        InputError: no call of that model.
    """
    calls = _of_model(traffic.calls, model)
    timed = calls.filter(pl.col("start_us").is_not_null()).sort("start_us", "request")
    written.untimed = len(calls) - len(timed)
    return _lines(timed, traffic, written)


def _of_model(calls: pl.DataFrame, model: str | None) -> pl.DataFrame:
    if model is None:
        return calls
    chosen = calls.filter((pl.col("name") == model) | (pl.col("model") == model))
    if chosen.is_empty():
        known = ", ".join(calls["name"].unique().sort().to_list()) or "none"
        raise InputError(f"--model {model}: no such call in the store; its models are {known}")
    return chosen


def _lines(timed: pl.DataFrame, traffic: Traffic, written: Written) -> Iterator[str]:
    ids: dict[tuple[Any, ...], int] = {}
    first_us = timed["start_us"].min() if len(timed) else 0
    for start_us, prompt, output, leaf, family, name, request in timed.select(_FIELDS).iter_rows():
        ends = [*range(BLOCK_TOKENS, prompt, BLOCK_TOKENS), prompt] if prompt else []
        owners = _owners(traffic, leaf, family, ends) if leaf >= 0 else [-1 - request] * len(ends)
        keys = zip(owners, ends, strict=True)
        blocks = [ids.setdefault((name, *key), len(ids)) for key in keys]
        written.requests += 1
        written.blocks += len(blocks)
        written.hidden += leaf < 0 < prompt
        yield (
            f'{{"timestamp": {(start_us - first_us) // _US_PER_MS}, "input_length": {prompt}, '
            f'"output_length": {output}, "hash_ids": {blocks}}}\n'
        )
    written.distinct = len(ids)


def _owners(traffic: Traffic, leaf: int, family: int, ends: list[int]) -> list[int]:
    """Give the trie node in which each block's last token stands."""
    owners = np.empty(len(ends), np.int32)
    tokens = traffic.trie.tokens[family]
    _own(traffic.trie.parent, tokens, np.array(ends, np.int64), leaf, owners)
    found: list[int] = owners.tolist()
    return found


@compiled
def _own(parent: Any, tokens: Any, ends: Any, leaf: int, owners: Any) -> None:
    node = leaf
    for place in range(len(ends) - 1, -1, -1):
        while parent[node] >= 0 and tokens[parent[node]] >= ends[place]:
            node = parent[node]
        owners[place] = node
