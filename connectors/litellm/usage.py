"""LiteLLM's counts: cache tokens stand inside `prompt_tokens` and are taken out here.

Source of the rules: LiteLLM 1.106.2, `AnthropicConfig.calculate_usage`: `prompt_tokens` is
uncached + read + written, and where Anthropic lists iterations LiteLLM sums all of them, hidden
ones included.
"""

import msgspec

from analyzer.trace import Iteration, Tokens
from connectors.faults import LineError
from connectors.usage import ITERATIONS_DIFFER, Billed, billed_of

CACHE_UNKNOWN = "cache counts missing: input may hold cached tokens"
CACHE_EXCEEDS = "cache tokens exceed prompt_tokens, which was taken as uncached"
PARTS_DIFFER = "parts of prompt_tokens do not sum to it"
TOTAL_DIFFERS = "total_tokens is not prompt_tokens + completion_tokens"
COPIES_DIFFER = "counts differ between the row and its usage_object"


class _Split(msgspec.Struct, gc=False):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None
    cache_creation_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_creation_token_details: _Split | None = None
    text_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None
    web_search_requests: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


class _ServerTools(msgspec.Struct, gc=False):
    web_search_requests: int | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    iterations: list[dict[str, object]] | None = None
    server_tool_use: _ServerTools | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None


_decode = msgspec.json.Decoder(_Usage, strict=False).decode


class Counts(msgspec.Struct, frozen=True, gc=False):
    """The counts that the record itself holds beside its usage object."""

    prompt: int | None
    output: int | None
    total: int | None


def counted(own: Counts, usage: bytes | None, *, whole_batch: bool = False) -> Billed:
    """Give disjoint buckets; of a whole batch LiteLLM leaves out cache counts that are 0.

    What the source does not say stays None. Where cache counts are missing altogether the whole
    input counts as uncached, which is the most it can have cost, and the call is flagged; where
    they exceed the input, the input is taken as counted without them, and the call is flagged.

    Raises:
        LineError: a count that is no whole number from 0.
    """
    told = _decode(usage) if usage else _Usage()
    prompt = own.prompt if told.prompt_tokens is None else told.prompt_tokens
    output = own.output if told.completion_tokens is None else told.completion_tokens
    read, write = _cache(told, prompt, default=0 if whole_batch else None)
    _refuse_negative(prompt, output, read, write)
    flags = _differences(own, told, prompt, output)
    uncached, fault = _uncached(prompt, read, write)
    flags += [fault] if fault else _parts_fault(told.prompt_tokens_details, uncached)
    billed = billed_of(_as_anthropic(told, (uncached, read, write, output)), of_api=False)
    if told.iterations:
        billed = _of_iterations(billed)
    details = told.completion_tokens_details or _OutputDetails()
    predicted = (details.accepted_prediction_tokens, details.rejected_prediction_tokens)
    _refuse_negative(None, None, None, None, *predicted)
    return msgspec.structs.replace(
        billed,
        flags=(*flags, *billed.flags),
        accepted_prediction=predicted[0],
        rejected_prediction=predicted[1],
    )


def rejects_predictions(usage: bytes | None) -> bool:
    """Tell whether a usage object counts predicted tokens that were rejected."""
    told = _decode(usage) if usage else _Usage()
    return bool((told.completion_tokens_details or _OutputDetails()).rejected_prediction_tokens)


def any_tokens(usage: bytes | None) -> bool:
    """Tell whether a usage object counts any tokens at all."""
    told = _decode(usage) if usage else _Usage()
    return bool(told.prompt_tokens or told.completion_tokens)


def _cache(told: _Usage, prompt: int | None, default: int | None) -> tuple[int | None, int | None]:
    details = told.prompt_tokens_details or _PromptDetails()
    read = _first(details.cached_tokens, told.cache_read_input_tokens)
    write = _first(
        details.cache_creation_tokens,
        details.cache_write_tokens,
        told.cache_creation_input_tokens,
    )
    if read is None and write is None and details.text_tokens == prompt:
        return (default, default) if prompt is None else (0, 0)
    return _first(read, default), _first(write, default)


def _uncached(
    prompt: int | None, read: int | None, write: int | None
) -> tuple[int | None, str | None]:
    if prompt is None:
        return None, None
    if read is None and write is None:
        return prompt, CACHE_UNKNOWN
    left = prompt - (read or 0) - (write or 0)
    return (prompt, CACHE_EXCEEDS) if left < 0 else (left, None)


def _differences(own: Counts, told: _Usage, prompt: int | None, output: int | None) -> list[str]:
    flags = []
    pairs = ((own.prompt, told.prompt_tokens), (own.output, told.completion_tokens))
    if any(a is not None and b is not None and a != b for a, b in pairs):
        flags.append(COPIES_DIFFER)
    total = _first(told.total_tokens, own.total)
    if total and total != (prompt or 0) + (output or 0):
        flags.append(TOTAL_DIFFERS)
    return flags


def _parts_fault(details: _PromptDetails | None, uncached: int | None) -> list[str]:
    if details is None or details.text_tokens is None or uncached is None:
        return []
    other = (details.audio_tokens, details.image_tokens, details.video_tokens)
    parts = details.text_tokens + sum(part or 0 for part in other)
    return [] if uncached in (parts, details.text_tokens) else [PARTS_DIFFER]


def _as_anthropic(
    told: _Usage, counts: tuple[int | None, int | None, int | None, int | None]
) -> dict[str, object]:
    uncached, read, write, output = counts
    details = told.prompt_tokens_details or _PromptDetails()
    searches = _first(
        (told.server_tool_use or _ServerTools()).web_search_requests, details.web_search_requests
    )
    split = details.cache_creation_token_details
    return {
        "input_tokens": uncached,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": write,
        "cache_creation": msgspec.structs.asdict(split) if split else None,
        "output_tokens": output,
        "output_tokens_details": {
            "thinking_tokens": (told.completion_tokens_details or _OutputDetails()).reasoning_tokens
        },
        "server_tool_use": {"web_search_requests": searches},
        "service_tier": told.service_tier,
        "speed": told.speed,
        "inference_geo": told.inference_geo,
        "iterations": told.iterations,
    }


def _of_iterations(billed: Billed) -> Billed:
    """Give back to the top level what Anthropic counts there: its message iterations alone."""
    flags = tuple(flag for flag in billed.flags if flag != ITERATIONS_DIFFER)
    if _comparable(_sum(billed.iterations)) != _comparable(billed.tokens):
        return msgspec.structs.replace(billed, flags=(*flags, ITERATIONS_DIFFER))
    own = tuple(entry for entry in billed.iterations if entry.kind == "message")
    tokens = billed.tokens
    if own and len(own) < len(billed.iterations):
        tokens = msgspec.structs.replace(_sum(own), thinking=billed.tokens.thinking)
    return msgspec.structs.replace(billed, tokens=tokens, flags=flags)


def _sum(entries: tuple[Iteration, ...]) -> Tokens:
    columns = zip(*(msgspec.structs.astuple(entry.tokens) for entry in entries), strict=True)
    return Tokens(*(None if None in column else sum(column) for column in columns))


def _comparable(tokens: Tokens) -> tuple[int, int, int, int]:
    written = (tokens.write_5m or 0) + (tokens.write_1h or 0) + (tokens.write_unsplit or 0)
    return tokens.uncached or 0, tokens.read or 0, written, tokens.output or 0


def _refuse_negative(*counts: int | None) -> None:
    for name, count in zip(_NAMES, counts, strict=False):
        if count is not None and count < 0:
            raise LineError(
                "bad count", f"{name}: a negative number; counts are whole numbers from 0"
            )


_NAMES = (
    "prompt_tokens", "completion_tokens", "cached_tokens", "cache_creation_tokens",
    "accepted_prediction_tokens", "rejected_prediction_tokens",
)  # fmt: skip


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
