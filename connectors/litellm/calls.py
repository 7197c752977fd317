"""A record of LiteLLM becomes a call, a failed try, or a line that tells of no call to Claude."""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import (
    OTHER_MODEL,
    OTHER_MODEL_PREDICTED,
    OWN_HARDWARE,
    Aside,
    Attempt,
    Call,
    Outcome,
)
from connectors.endpoints import on_own_hardware, place_at, placed, platform_of
from connectors.faults import LineError
from connectors.litellm.asker import asked_by, retries
from connectors.litellm.prompt import CHAT_ROUTES, MESSAGES_ROUTES, answer_of, read_prompt, shown
from connectors.litellm.rows import Logged, word
from connectors.litellm.usage import Counts, any_tokens, counted, rejects_predictions
from connectors.messages.prompt import PromptReader

FROM_CACHE = "answered by the gateway's cache"
OTHER_ENDPOINT = "other endpoint"
WHOLE_BATCH = "one row tells of a whole batch"
CUT_SHORT = "failed midway: the gateway counted what had come"
TIMES_DIFFER = "first piece outside of start and end"
UNKNOWN_MODEL = "unknown"

_PLATFORMS = {
    "anthropic": "claude_api",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "vertex_ai": "vertex",
    "vertex_ai_beta": "vertex",
    "azure_ai": "foundry",
}
_BILLED_ROUTES = (*CHAT_ROUTES, *MESSAGES_ROUTES, "text_completion", "atext_completion")
_BATCH_ROUTES = ("retrieve_batch", "aretrieve_batch")
_BATCH_ROW = "_batch_cost"
"""What LiteLLM adds to a batch's id for the row that holds its cost."""
_REQUEST_IDS = (
    "llm_provider-request-id",
    "request-id",
    "llm_provider-x-amzn-requestid",
    "x-amzn-requestid",
)
_PREFIX = re.compile(r"[a-z0-9_-]+/")
_CLASS = re.compile(r"[A-Za-z]{1,60}")


def outcome_of(
    number: int, raw: bytes, logged: Logged, prompts: PromptReader, hasher: Hasher
) -> Outcome:
    """Give what one record tells of.

    Raises:
        LineError: a successful call to Claude without any tokens.
    """
    row = logged.row
    spent = (row.prompt_tokens or 0) + (row.completion_tokens or 0)
    failed = "failure" in (row.status, logged.metadata.status)
    if str(row.cache_hit).lower() == "true":
        return Aside(number, FROM_CACHE)
    if not _is_claude(logged, unnamed=failed):
        return _of_others(number, logged)
    if failed and not spent:
        return _attempt(number, logged)
    if not spent and not any_tokens(logged.usage):
        if row.call_type in _BILLED_ROUTES:
            raise LineError("no usage", "a successful call without any tokens")
        return Aside(number, OTHER_ENDPOINT)
    call = placed(asked_by(_call(number, raw, logged, prompts), logged, hasher))
    if failed:
        flags = (*call.flags, CUT_SHORT)
        return msgspec.structs.replace(call, usage_final=False, flags=flags)
    return call


def _of_others(number: int, logged: Logged) -> Aside:
    """Set a line of another model apart; own servers and rejected predictions are named."""
    if on_own_hardware(word(logged.row.custom_llm_provider)):
        return Aside(number, OWN_HARDWARE)
    predicted = rejects_predictions(logged.usage)
    return Aside(number, OTHER_MODEL_PREDICTED if predicted else OTHER_MODEL)


def _is_claude(logged: Logged, *, unnamed: bool) -> bool:
    """Tell by the names of what served; an inference profile's ARN hides its model and is kept."""
    provider = logged.row.custom_llm_provider
    if provider == "anthropic":
        return True
    if not logged.models:
        return unnamed or not provider
    names = (*logged.models, *_batch_models(logged))
    return any("claude" in name.lower() or "arn:aws" in name for name in names)


def _batch_models(logged: Logged) -> list[str]:
    models = logged.metadata.batch_models
    found = [word(name) for name in models] if isinstance(models, list) else []
    return sorted({name for name in found if name})


def _attempt(number: int, logged: Logged) -> Attempt:
    code = word(logged.error.error_code) or ""
    return Attempt(
        line=number,
        status=int(code) if code.isdecimal() and len(code) == 3 else None,  # noqa: PLR2004 - HTTP
        error=_error(logged, code),
        start_us=logged.times.start_us,
        end_us=logged.times.end_us,
        request_id=word(logged.error.error_provider_request_id) or _request_id(logged),
        model=_model(logged) if logged.models else None,
        attempt=retries(logged),
    )


def _error(logged: Logged, code: str) -> str:
    """Give the error's class in the words of the Messages API, which LiteLLM's own resemble."""
    name = word(logged.error.error_class) or ""
    if _CLASS.fullmatch(name):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return f"http_{code}" if code.isdecimal() else "error"


def _call(number: int, raw: bytes, logged: Logged, prompts: PromptReader) -> Call:
    row, times = logged.row, logged.times
    batch = row.call_type in _BATCH_ROUTES
    own = Counts(row.prompt_tokens, row.completion_tokens, row.total_tokens)
    usage = counted(own, logged.usage, whole_batch=batch)
    message_id = logged.id if (logged.id or "").startswith("msg_") else None
    told, answer = shown(logged), answer_of(logged)
    prompt, nodes = read_prompt(prompts, told, answer, message_id)
    first, in_order = _first_piece(logged)
    stream = _stream(logged, told.request.get("stream"), first)
    flags = [*usage.flags, *[WHOLE_BATCH] * batch, *[TIMES_DIFFER] * (not in_order)]
    refused = answer.stop_reason == "refusal"
    return Call(
        line=number,
        line_time_us=times.end_us or times.start_us or 0,
        line_sha256=hashlib.sha256(raw).digest(),
        message_id=message_id,
        request_id=_request_id(logged),
        batch_id=(logged.id or "").removesuffix(_BATCH_ROW) or None if batch else None,
        gateway_id=_gateway_id(logged, message_id),
        platform=_platform(logged, message_id),
        model=_model(logged),
        model_requested=_requested(logged, told.request),
        start_us=times.start_us,
        first_us=first if stream else None,
        end_us=times.end_us,
        time_precision=times.precision,
        time_meaning="start" if times.start_us is not None else "end",
        stream=stream,
        max_tokens=_whole(told.request, "max_tokens", "max_completion_tokens"),
        effort=_part(told.request, "output_config", "effort"),
        tool_choice=_part(told.request, "tool_choice", "type"),
        tier="batch" if batch else usage.tier,
        speed=usage.speed,
        geo=place_at(word(logged.row.api_base)) or usage.geo,
        tokens=usage.tokens,
        iterations=usage.iterations,
        web_searches=usage.web_searches,
        accepted_prediction=usage.accepted_prediction,
        rejected_prediction=usage.rejected_prediction,
        usage_basis="inclusive",
        flags=tuple(flags),
        charged=not (refused and not usage.tokens.output),
        stop_reason=answer.stop_reason,
        prompt=prompt,
        nodes=nodes,
    )


def _first_piece(logged: Logged) -> tuple[int | None, bool]:
    """Give when the first piece came; without a stream LiteLLM writes the end there."""
    start, first, end, _ = logged.times
    if first is None or first == end:
        return None, True
    in_order = (start is None or start <= first) and (end is None or first < end)
    return (first if in_order else None), in_order


def _stream(logged: Logged, asked: object, first: int | None) -> bool | None:
    """A first piece before the end proves a stream; equal times alone prove nothing."""
    if logged.stream or asked is True or first is not None:
        return True
    return False if asked is False or logged.parameters is not None else None


def _request_id(logged: Logged) -> str | None:
    return next((logged.headers[name] for name in _REQUEST_IDS if logged.headers.get(name)), None)


def _gateway_id(logged: Logged, message_id: str | None) -> str | None:
    """Give the id that callbacks and SpendLogs share; it is the call's own where it has none."""
    own = word(logged.row.litellm_call_id) or word(logged.metadata.litellm_call_id)
    return own if message_id else logged.id or own


def _platform(logged: Logged, message_id: str | None) -> str | None:
    provider = word(logged.row.custom_llm_provider) or ""
    prefix = (logged.row.model or "").partition("/")[0]
    told = _PLATFORMS.get(provider) or _PLATFORMS.get(prefix)
    return _served_by(word(logged.row.api_base)) or platform_of(None, message_id) or told


@lru_cache(maxsize=256)
def _served_by(address: str | None) -> str | None:
    return platform_of(address, None)


def _model(logged: Logged) -> str:
    return _bare(logged.models, next(iter(_batch_models(logged)), None))


@lru_cache(maxsize=1024)
def _bare(models: tuple[str, ...], in_batch: str | None) -> str:
    """Give the model's name without the provider's; one that hides in an ARN stays hidden."""
    names = [*models, in_batch] if in_batch else [*models]
    named = next((name for name in names if "claude" in name.lower()), None)
    bare = named or next(iter(names), UNKNOWN_MODEL)
    while (prefix := _PREFIX.match(bare)) and named:
        bare = bare[prefix.end() :]
    return bare or UNKNOWN_MODEL


def _requested(logged: Logged, request: dict[str, object]) -> str | None:
    """Give the name that was asked for, before fallbacks and the gateway's own renaming."""
    group = word(logged.metadata.original_model_group) or word(logged.row.model_group)
    return group or word(request.get("model"))


def _whole(request: dict[str, object], *names: str) -> int | None:
    found: Iterator[object] = (request.get(name) for name in names)
    return next((v for v in found if isinstance(v, int) and not isinstance(v, bool)), None)


def _part(request: dict[str, object], key: str, name: str) -> str | None:
    value = request.get(key)
    return word(value.get(name)) if isinstance(value, dict) else None
