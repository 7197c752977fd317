"""The alias table: what each emitter of spans and events calls one and the same thing.

First hit wins. Sources: the GenAI semantic conventions (`gen_ai.*`, old names and new), the
Anthropic SDK's own spans (`anthropic.*`), OpenLLMetry (`traceloop.*`, `gen_ai.is_streaming`),
OpenInference (`llm.*`, `input.value`), Pydantic AI (`gen_ai.usage.details.*`), and Claude Code's
telemetry (bare names).
"""

from collections.abc import Mapping

from connectors.faults import LineError
from connectors.otlp.records import Attributes, whole

ALIASES: Mapping[str, tuple[str, ...]] = {
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    "operation": ("gen_ai.operation.name", "llm.request.type"),
    "kind": ("openinference.span.kind", "traceloop.span.kind"),
    "model": (
        "gen_ai.response.model", "llm.response.model_name", "llm.model_name",
        "gen_ai.request.model", "llm.request.model_name", "model",
    ),
    "model_requested": ("gen_ai.request.model", "llm.request.model_name", "model"),
    # counted with cache reads and writes inside (the conventions' rule)
    "prompt": (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt", "llm.usage.prompt_tokens",
    ),
    # counted without them (Claude Code passes the API's own figure on)
    "uncached": ("input_tokens",),
    "read": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_input",
        "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens",
        "cache_read_tokens",
    ),
    "write": (
        "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.input_tokens.cache_write", "llm.token_count.prompt_details.cache_write",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens", "cache_creation_tokens",
    ),
    "write_5m": ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",),
    "write_1h": ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    "output": (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
        "llm.token_count.completion", "llm.usage.completion_tokens", "output_tokens",
    ),
    "thinking": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning", "gen_ai.usage.details.reasoning_tokens",
    ),
    "total": ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"),
    "compaction_prompt": ("anthropic.usage.compaction.input_tokens",),
    "compaction_output": ("anthropic.usage.compaction.output_tokens",),
    "first_s": ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"),
    "first_ms": ("ttft_ms",),
    "stop": (
        "anthropic.message.stop_reason", "stop_reason", "llm.finish_reason",
        "gen_ai.response.finish_reasons", "gen_ai.response.stop_reason",
    ),
    "response": ("gen_ai.response.id", "llm.response.id"),
    "request": ("anthropic.request.id", "request_id"),
    "org": ("anthropic.organization.id", "organization.id"),
    "workspace": ("anthropic.workspace.id",),
    "session": ("gen_ai.conversation.id", "session.id"),
    "user": ("user.account_id", "user.account_uuid", "user.id", "enduser.id", "gen_ai.user"),
    "workload": (
        "gen_ai.workflow.name", "traceloop.workflow.name", "gen_ai.agent.name", "agent.name",
    ),
    "tier": ("anthropic.response.service_tier",),
    "speed": ("speed",),
    "effort": ("gen_ai.request.reasoning.level", "gen_ai.request.reasoning_effort", "effort"),
    "max_tokens": ("gen_ai.request.max_tokens", "gen_ai.request.max_completion_tokens"),
    "stream": ("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming"),
    "resends": ("http.request.resend_count",),
    "status": ("http.response.status_code", "status_code"),
    "error": ("error.type",),
    "url": ("url.full",),
    "host": ("server.address",),
}  # fmt: skip


def told(attributes: Attributes, name: str) -> object:
    """Give what the first alias of `name` that is there holds; None when none is."""
    for alias in ALIASES[name]:
        value = attributes.get(alias)
        if value is not None and value != "":
            return value
    return None


def word(attributes: Attributes, name: str) -> str | None:
    """Give a text, or the first text of a list."""
    value = told(attributes, name)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) and value else None


def count(attributes: Attributes, name: str) -> int | None:
    """Give a count.

    Raises:
        LineError: no whole number from 0.
    """
    return whole(told(attributes, name), ALIASES[name][0])


def number(attributes: Attributes, name: str) -> int | None:
    """Give a whole number that bills nothing; None for anything else that stands there."""
    try:
        return count(attributes, name)
    except LineError:
        return None


def flag(attributes: Attributes, name: str) -> bool | None:
    """Give a yes or no, also where it is written as text."""
    value = told(attributes, name)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def first_token_us(attributes: Attributes) -> int | None:
    """Give the wait for the first token, in microseconds."""
    for name, scale in (("first_s", 1_000_000), ("first_ms", 1_000)):
        value = told(attributes, name)
        try:
            number = float(value) if isinstance(value, (str, int, float)) else -1.0
        except (ValueError, OverflowError):
            continue
        if 0 < number < _LONGEST_S:
            return round(number * scale)
    return None


_LONGEST_S = 10**9
