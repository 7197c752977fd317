"""Many sightings, one row: which field of a merged call comes from which source.

Tokens come from one sighting whole, so buckets of two sources are never mixed; web searches from
the first of those that tell them; the prompt from the one that saw most of it; times from the one
that knows the start best; every other field from the first, in the order of record, that knows it.
"""

ORDER_OF_RECORD = (
    "messages", "claude_code_bodies", "claude_code_otel", "bedrock", "vertex", "batches", "litellm",
    "litellm_spend", "helicone", "portkey", "langfuse", "databricks", "kong", "cloudflare",
    "openrouter", "mapping", "otlp", "transcripts", "mooncake",
)  # fmt: skip
"""Connectors, best first: bodies as the provider sent them, the clouds' logs, gateways, traces."""
VISIBLE = ("full", "no_system", "messages_only", "truncated", "delta_only", "none")
"""How much of a prompt a source shows, most first."""
DIFFERS = "sources disagree on tokens"

_TOKENS = (
    "source_id", "connector", "line", "lines", "line_time_us", "line_sha256", "has_stop",
    "uncached", "read", "write_5m", "write_1h", "write_unsplit", "output", "thinking",
    "iterations", "usage_final", "usage_basis", "charged",
)  # fmt: skip
_COUNTED_ONCE = ("web_searches", "accepted_prediction", "rejected_prediction")
"""Counts of the first sighting, in the order of its tokens, that tells them."""
_PROMPT = (
    "visibility", "leaf", "system_end", "mark_nodes", "mark_ttl_s", "system_params",
    "message_params", "turn",
)  # fmt: skip
_TIMES = ("start_us", "time_precision", "time_meaning")
_NAMES = (
    "message_id", "request_id", "batch_id", "custom_id", "gateway_id", "platform",
    "model_requested", "first_us", "end_us", "stream", "max_tokens", "effort", "tool_choice",
    "tier", "speed", "geo", "stop_reason", "org", "workspace", "api_key", "user_id", "session",
    "agent", "app", "workload", "cost_logged_usd", "cache_miss_reason", "cache_missed_tokens",
)  # fmt: skip


def place_of(connector: str) -> int:
    """Give a connector's place in the order of record; unknown ones come last."""
    family = connector.partition(":")[0]
    known = {name: place for place, name in enumerate(ORDER_OF_RECORD)}
    return known.get(family, len(known))


def merging_query() -> str:
    """Give the query that makes one row of each call in a part of `told_merges`, from `requests`.

    The part is `$part` of `$parts`: DuckDB holds a hundred columns of every call it makes at once.
    """
    chosen = {
        "key": "m.call",
        "model": "coalesce(arg_min(nullif(r.model, 'unknown'), m.name_rank), 'unknown')",
        **{name: f"arg_min_null(r.{name}, m.token_rank)" for name in _TOKENS},
        **{name: f"arg_min(r.{name}, m.token_rank)" for name in _COUNTED_ONCE},
        **{name: f"arg_min_null(r.{name}, m.prompt_rank)" for name in _PROMPT},
        **{name: f"arg_min_null(r.{name}, m.time_rank)" for name in _TIMES},
        **{name: f"arg_min(r.{name}, m.name_rank)" for name in _NAMES},
        "tags": "coalesce(arg_min(nullif(r.tags, '{}'), m.name_rank), '{}')",
        "attempt": "max(r.attempt)",
        "compaction": "bool_or(r.compaction)",
        "resume": "bool_or(r.resume)",
        "sampling": "case when count(r.sampling) = count(*) then max(r.sampling) end",
        "flags": "arg_min_null(r.flags, m.token_rank) || "
        f"case when bool_or(m.differs) then ['{DIFFERS}'] else [] end",
    }
    columns = ",\n    ".join(f"{value} as {name}" for name, value in chosen.items())
    return (
        f"select\n    {columns}\nfrom told_merges m\njoin numbered n on n.row = m.row\n"
        'join requests r on r.rowid = n.place\nwhere m."group" % $parts = $part\ngroup by m.call'
    )
