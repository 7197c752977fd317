"""The `usage` object of the Messages API: strict counts, disjoint buckets, failed arithmetic.

`input_tokens` there excludes cache reads and writes (the API's own docstring), so the buckets are
disjoint as they come.
"""

import functools
from collections.abc import Mapping

import msgspec

from analyzer.trace import Iteration, Tokens
from connectors.faults import LineError
from connectors.reading.json_scan import object_by_shape

Usage = Mapping[str, object]

SPLIT_DIFFERS = "5m + 1h writes differ from cache_creation_input_tokens"
SPLIT_ONE_SIDED = "only one of the 5m and 1h writes is given"
THINKING_EXCEEDS = "thinking exceeds output"
ITERATIONS_DIFFER = "message iterations do not sum to the usage"
INPUT_MISSING = "input_tokens missing"
OUTPUT_MISSING = "output_tokens missing"

_LARGEST_COUNT = 2**63 - 1


class Billed(msgspec.Struct, frozen=True, gc=False):
    """What one `usage` object says, in the trace's words."""

    tokens: Tokens
    iterations: tuple[Iteration, ...] = ()
    flags: tuple[str, ...] = ()
    web_searches: int | None = None
    tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    accepted_prediction: int | None = None
    """OpenAI-style usage alone tells of predicted tokens; they are part of output."""
    rejected_prediction: int | None = None


def billed(raw: bytes | msgspec.Raw | None) -> Billed:
    """Read a raw `usage` object.

    Raises:
        LineError: no usage, a count that is no whole number from 0, or a key that stands twice.
    """
    text = bytes(raw) if raw is not None else b"null"
    if text in (b"", b"null"):
        raise LineError("no usage", "usage: missing; the line tells of no tokens")
    return _billed(text)


@functools.lru_cache(maxsize=4096)
def _billed(text: bytes) -> Billed:
    """Read the text of a usage object; lines of one answer repeat it byte for byte."""
    return billed_of(object_by_shape(text))


def billed_of(usage: Usage, *, of_api: bool = True) -> Billed:
    """Read a `usage` object that is already parsed; see `billed`.

    The API names server tools only in answers that used one, so its own objects (`of_api`) tell of
    0 web searches where they name none; another source's counts in the same words tell nothing.
    """
    tokens, flags = _tokens(usage, "usage")
    if tokens.uncached is None and tokens.output is None:
        raise LineError("no usage", "usage: holds neither input_tokens nor output_tokens")
    iterations = _iterations(usage)
    if iterations and not _sum_to(iterations, tokens):
        flags.append(ITERATIONS_DIFFER)
    tools = _part(usage, "server_tool_use", "usage")
    searches = _count(tools, "web_search_requests", "usage.server_tool_use")
    return Billed(
        tokens=tokens,
        iterations=iterations,
        flags=tuple(flags),
        web_searches=0 if searches is None and of_api else searches,
        tier=_word(usage, "service_tier"),
        speed=_word(usage, "speed"),
        geo=_word(usage, "inference_geo"),
    )


_NOTHING: Usage = {}


def _tokens(usage: Usage, where: str) -> tuple[Tokens, list[str]]:
    flags: list[str] = []
    short, long, unsplit = _writes(usage, where, flags)
    details = _part(usage, "output_tokens_details", where)
    thinking = (
        None
        if not details
        else _count(details, "thinking_tokens", f"{where}.output_tokens_details")
    )
    uncached = _count(usage, "input_tokens", where)
    output = _count(usage, "output_tokens", where)
    if uncached is None:
        flags.append(INPUT_MISSING)
    if output is None:
        flags.append(OUTPUT_MISSING)
    if thinking is not None and output is not None and thinking > output:
        flags.append(THINKING_EXCEEDS)
    read = _count(usage, "cache_read_input_tokens", where)
    return Tokens(uncached, read, short, long, unsplit, output, thinking), flags


def _writes(
    usage: Usage, where: str, flags: list[str]
) -> tuple[int | None, int | None, int | None]:
    """Give the 5m, 1h and unsplit writes, which always sum to the stated total.

    A split counts only when both sides are given; what it leaves of the total is unsplit.
    """
    total = _count(usage, "cache_creation_input_tokens", where)
    part = _part(usage, "cache_creation", where)
    short = _count(part, "ephemeral_5m_input_tokens", f"{where}.cache_creation")
    long = _count(part, "ephemeral_1h_input_tokens", f"{where}.cache_creation")
    if total == 0 and not short and not long:
        return 0, 0, 0
    if short is None or long is None:
        if short is not None or long is not None:
            flags.append(SPLIT_ONE_SIDED)
        return None, None, total if total is not None else (short or long)
    if total is not None and total != short + long:
        flags.append(SPLIT_DIFFERS)
        if total < short + long:
            return None, None, total
    return short, long, (short + long if total is None else total) - short - long


def _iterations(usage: Usage) -> tuple[Iteration, ...]:
    entries = usage.get("iterations")
    if not entries:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise LineError("bad field", "usage.iterations: expected a list of objects")
    return tuple(
        Iteration(
            _word(entry, "type") or "message",
            _word(entry, "model"),
            _tokens(entry, f"usage.iterations[{index}]")[0],
        )
        for index, entry in enumerate(entries)
    )


def _sum_to(iterations: tuple[Iteration, ...], tokens: Tokens) -> bool:
    own = [entry.tokens for entry in iterations if entry.kind == "message"]
    sums = [sum(column) for column in zip(*map(_comparable, own), strict=True)]
    return not own or sums == _comparable(tokens)


def _comparable(tokens: Tokens) -> list[int]:
    """Buckets that every iteration states; the split of writes may stand at the top alone."""
    written = (tokens.write_5m or 0) + (tokens.write_1h or 0) + (tokens.write_unsplit or 0)
    return [tokens.uncached or 0, tokens.read or 0, written, tokens.output or 0]


def _count(fields: Usage, key: str, where: str) -> int | None:
    value = fields.get(key)
    if value is None:
        return None
    if type(value) is int and 0 <= value <= _LARGEST_COUNT:
        return value
    raise LineError("bad count", f"{where}.{key}: {_kind(value)}; counts are whole numbers from 0")


def _kind(value: object) -> str:
    if type(value) is int:
        return "a negative number" if value < 0 else "a number past 64 bits"
    kinds = {float: "a fraction", str: "a string", bool: "true or false", list: "a list"}
    return kinds.get(type(value), "an object")


def _part(fields: Usage, key: str, where: str) -> Usage:
    value = fields.get(key)
    if value is None:
        return _NOTHING
    if not isinstance(value, dict):
        raise LineError("bad field", f"{where}.{key}: expected an object")
    return value


def _word(fields: Usage, key: str) -> str | None:
    value = fields.get(key)
    return value if isinstance(value, str) and value else None
