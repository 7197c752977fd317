"""Token counts of a span or event, as the five disjoint buckets.

The GenAI conventions count cache reads and writes inside the input; Claude Code passes the API's
exclusive figure on. Where the parts exceed an inclusive total, or the stated grand total shows that
they stand beside it, the emitter counted exclusively: the input is taken as it stands.
"""

from typing import NamedTuple

import msgspec

from analyzer.trace import Iteration, Tokens, UsageBasis
from connectors.otlp.names import count, told, word
from connectors.otlp.records import Attributes
from connectors.usage import Billed, billed_of

PARTS_EXCEED = "cache counts exceed the input that should hold them"

_decode_metadata = msgspec.json.Decoder(dict[str, object]).decode


class Counted(NamedTuple):
    """Counts with the way they were told."""

    usage: Billed
    basis: UsageBasis


def has_counts(attributes: Attributes) -> bool:
    """Tell whether any of input and output is counted."""
    return any(told(attributes, name) is not None for name in ("prompt", "uncached", "output"))


def counted(attributes: Attributes, *, exclusive: bool = False) -> Counted:
    """Read the counts; `exclusive` names Claude Code's, where the bare names go first.

    Raises:
        LineError: a count that is none, or neither input nor output.
    """
    read, write = count(attributes, "read"), count(attributes, "write")
    if "llm.token_count.prompt" in attributes:
        # OpenInference leaves cache counts out when they are 0 (its `_get_token_counts`)
        read, write = read or 0, write or 0
    split = count(attributes, "write_5m"), count(attributes, "write_1h")
    if write is None and None not in split:
        write = sum(part or 0 for part in split)
    output = count(attributes, "output")
    alone, prompt = count(attributes, "uncached"), count(attributes, "prompt")
    if prompt is None or (exclusive and alone is not None):
        uncached, basis, wrong = alone, "exclusive", False
    else:
        uncached, basis, wrong = _without_cache(
            prompt, (read or 0) + (write or 0), output, count(attributes, "total")
        )
    usage = billed_of(
        {
            "input_tokens": uncached,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": write,
            "cache_creation": _split(*split),
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": count(attributes, "thinking")},
            "iterations": _iterations(attributes),
            "service_tier": word(attributes, "tier"),
            "speed": word(attributes, "speed"),
        },
        of_api=False,
    )
    if wrong:
        usage = msgspec.structs.replace(usage, flags=(*usage.flags, PARTS_EXCEED))
    return Counted(_with_compaction(usage, attributes), basis)  # type: ignore[arg-type] # literals


def prompt_total(tokens: Tokens) -> int:
    """Give all input; buckets that the source does not tell count as 0."""
    writes = (tokens.write_5m, tokens.write_1h, tokens.write_unsplit)
    return sum(part or 0 for part in (tokens.uncached, tokens.read, *writes))


def _without_cache(
    prompt: int, cached: int, output: int | None, total: int | None
) -> tuple[int, UsageBasis, bool]:
    """Give the input outside the cache, how it was counted, and whether the counts clash."""
    if cached > prompt:
        return prompt, "exclusive", True
    beside = cached > 0 and total is not None and total == prompt + cached + (output or 0)
    return (prompt, "exclusive", False) if beside else (prompt - cached, "inclusive", False)


def _split(short: int | None, long: int | None) -> dict[str, object] | None:
    if short is None and long is None:
        return None
    return {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}


def _iterations(attributes: Attributes) -> object:
    """Give `usage.iterations`, which OpenInference keeps in a span's metadata."""
    metadata = attributes.get("metadata")
    if not isinstance(metadata, str) or '"usage_iterations"' not in metadata:
        return None
    try:
        entries = _decode_metadata(metadata).get("usage_iterations")
    except msgspec.MsgspecError:
        return None
    return entries if isinstance(entries, list) else None


def _with_compaction(usage: Billed, attributes: Attributes) -> Billed:
    """Add the compaction that the SDK counts beside the message: its input is not split."""
    prompt = count(attributes, "compaction_prompt")
    if prompt is None or usage.iterations:
        return usage
    spent = Tokens(uncached=prompt, output=count(attributes, "compaction_output"))
    rows = (Iteration("compaction", None, spent), Iteration("message", None, usage.tokens))
    return msgspec.structs.replace(usage, iterations=rows)
