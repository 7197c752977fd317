"""A table's counts in disjoint buckets: whether its input count holds the cached tokens too.

Three conventions are live (Anthropic's own excludes cached tokens, OpenAI's includes them, some
tables mix both), so `auto` decides row by row from the totals that the row states:

1. a stated total of the whole prompt equals the input: inclusive; equals input, reads and writes
   together: exclusive;
2. a stated total equals input + output: inclusive; equals all counts together: exclusive, and
   flagged where the source may have summed them itself; holds more, with reads but no writes named:
   exclusive, and what is left over was written (Portkey's gateway, issue 1754);
3. nothing fits: exclusive, flagged.

An input that cannot hold the cached tokens of its row is exclusive whatever was declared, and
flagged where the row says otherwise.
"""

from typing import Literal, NamedTuple

import msgspec

from analyzer.trace import Tokens, UsageBasis
from connectors.usage import Billed, billed_of

Declared = Literal["exclusive", "inclusive", "auto"]

TOO_SMALL = "input is smaller than the cached tokens it should hold"
MAY_HOLD = "input may hold the cached tokens too"
UNSAID = "cached tokens are not told"
MAY_HIDE = "input may hold cached tokens that the source does not split out"
TOTAL_DIFFERS = "total differs from the sum of its counts"
LEFT_OVER = "cache writes are what the total leaves over"


class Counts(NamedTuple):
    """The counts of one row as they stand there."""

    input: int | None = None
    prompt_total: int | None = None
    read: int | None = None
    write: int | None = None
    write_5m: int | None = None
    write_1h: int | None = None
    output: int | None = None
    thinking: int | None = None
    total: int | None = None
    web_searches: int | None = None
    accepted_prediction: int | None = None
    rejected_prediction: int | None = None

    @property
    def any(self) -> bool:
        """Whether something was counted at all; gateways write 0 where they did not count."""
        return any(self)


class Counted(NamedTuple):
    """What a row was billed for, and how its source counted."""

    billed: Billed
    basis: UsageBasis


class _Found(NamedTuple):
    basis: Literal["exclusive", "inclusive"]
    flags: tuple[str, ...] = ()
    left_over: int = 0
    """Tokens that the total holds and no count names: with reads named apart, writes."""


def counted(counts: Counts, declared: Declared, *, summed: bool = False) -> Counted:
    """Give the buckets of a row; `summed` says that its total may be the source's own sum."""
    whole = counts.input if counts.input is not None else counts.prompt_total
    plain = billed_of(_as_usage(counts, whole), of_api=False)
    cached = (plain.tokens.read or 0) + _writes(plain.tokens)
    found = _basis(counts, cached, declared, summed=summed)
    tokens, flags = plain.tokens, found.flags
    reads, writes = tokens.read is not None, _states_writes(tokens)
    if found.basis == "inclusive":
        flags += (MAY_HIDE,) * (not reads or not writes)
        tokens = _replaced(tokens, uncached=(whole or 0) - cached)
    elif found.left_over:
        tokens = _replaced(tokens, write_unsplit=found.left_over)
    else:
        flags += (UNSAID,) * (not reads and not writes)
    billed = msgspec.structs.replace(
        plain,
        tokens=tokens,
        flags=plain.flags + flags,
        accepted_prediction=counts.accepted_prediction,
        rejected_prediction=counts.rejected_prediction,
    )
    return Counted(billed, found.basis)


def _as_usage(counts: Counts, total: int | None) -> dict[str, object]:
    """Give the counts in the words of the Messages API, whose rules for splits then hold here."""
    return {
        "input_tokens": total,
        "output_tokens": counts.output,
        "cache_read_input_tokens": counts.read,
        "cache_creation_input_tokens": counts.write,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.write_5m,
            "ephemeral_1h_input_tokens": counts.write_1h,
        },
        "output_tokens_details": {"thinking_tokens": counts.thinking},
        "server_tool_use": {"web_search_requests": counts.web_searches},
    }


def _basis(counts: Counts, cached: int, declared: Declared, *, summed: bool) -> _Found:
    if counts.input is None:
        return _of_prompt_total(counts.prompt_total, cached)
    if declared == "exclusive":
        return _Found("exclusive")
    if declared == "inclusive":
        fits = counts.input >= cached
        return _Found("inclusive") if fits else _Found("exclusive", (TOO_SMALL,))
    given, prompt = counts.input, counts.prompt_total
    if cached and prompt == given:
        fits = given >= cached
        return _Found("inclusive") if fits else _Found("exclusive", (TOO_SMALL,))
    if cached and prompt == given + cached:
        return _Found("exclusive")
    return _by_total(counts, cached, summed=summed)


def _of_prompt_total(prompt: int | None, cached: int) -> _Found:
    """A total of the whole prompt holds the cached tokens by its name."""
    if prompt is None:
        return _Found("exclusive")
    return _Found("inclusive") if prompt >= cached else _Found("exclusive", (TOO_SMALL,))


def _by_total(counts: Counts, cached: int, *, summed: bool) -> _Found:
    """Decide by the row's own total; an input below the cached tokens cannot hold them."""
    over, holds = _over(counts), (counts.input or 0) >= cached
    if over is None or (summed and not cached):
        return _Found("exclusive", (MAY_HOLD,) * (bool(cached) and holds))
    if over == 0:
        return _Found("inclusive") if holds else _Found("exclusive", (TOO_SMALL,))
    if over == cached:
        return _Found("exclusive", (MAY_HOLD,) * (summed and holds))
    if counts.read is not None and counts.write is None and over > cached and not summed:
        return _Found("exclusive", (LEFT_OVER,), over - cached)
    return _Found("exclusive", (TOTAL_DIFFERS,))


def _over(counts: Counts) -> int | None:
    """Give what the stated total holds beyond input and output."""
    if counts.total is None:
        return None
    return counts.total - (counts.input or 0) - (counts.output or 0)


def _replaced(tokens: Tokens, **changed: int) -> Tokens:
    return msgspec.structs.replace(tokens, **changed)


def _writes(tokens: Tokens) -> int:
    return (tokens.write_5m or 0) + (tokens.write_1h or 0) + (tokens.write_unsplit or 0)


def _states_writes(tokens: Tokens) -> bool:
    return any(n is not None for n in (tokens.write_5m, tokens.write_1h, tokens.write_unsplit))
