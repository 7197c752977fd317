"""OTLP JSON of a file exporter: spans and events of model calls, by any instrumentation.

The Anthropic SDK's own spans, the GenAI conventions old and new, OpenLLMetry and OpenInference are
read through one table of names; Claude Code's telemetry in the same file goes to its own reader.
Content that the conventions carry (`gen_ai.input.messages`) is changed on its way: cache marks,
tools, signatures and the shape of tool results are lost, so it builds no prompt here (visibility
`none`). OpenInference's Anthropic instrumentation keeps whole request and answer as JSON: those are
read as a capture is (visibility `full`, exact counts).
OpenLLMetry alone counts a stream's output a few tokens too high (see `merge`).
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import Aside, Outcome
from connectors.bodies import Prompts
from connectors.claude_code_otel.records import ClaudeCode, is_claude_code
from connectors.connector import LEVERS, Connector
from connectors.otlp.calls import attempt_of, bodies_of, call_of
from connectors.otlp.groups import Sighting
from connectors.otlp.merge import Gathering
from connectors.otlp.names import told, word
from connectors.otlp.records import Record, each_record, is_otlp
from connectors.otlp.usage import has_counts
from connectors.reading.files import LogFile

_CALLS = frozenset({"chat", "text_completion", "generate_content", "completion", "messages"})
_OTHER_MODEL = "other model"


def parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    """Give an outcome for each span and log record."""
    gathering, prompts = Gathering(), Prompts(hasher)
    claude_code = ClaudeCode(log, hasher)

    def take(record: Record) -> Iterator[Outcome]:
        if is_claude_code(record):
            gathering.passed(*_places(record))
            yield from claude_code.take(record)
            return
        kind = _kind(record)
        if kind is not None:
            gathering.passed(*_places(record))
            yield Aside(record.number, kind)
            return
        yield from gathering.add(_sighting(record, prompts))

    yield from each_record(log, take)
    yield from gathering.rest()
    yield from claude_code.rest()


def _places(record: Record) -> tuple[str, str]:
    """Give the record's span and the one above it; an event stands inside its span."""
    span = f"{record.trace_id}:{record.span_id}" if record.span_id else ""
    if not record.is_span:
        return "", span
    return span, f"{record.trace_id}:{record.parent_id}" if record.parent_id else ""


def _sighting(record: Record, prompts: Prompts) -> Sighting:
    span, above = _places(record)
    seen = Sighting(0, record.number, span, above, record.scope)
    bodies = bodies_of(record)
    if bodies.answer is not None or has_counts(record.attributes):
        seen.call = call_of(record, bodies, prompts)
    elif record.failed:
        seen.attempt = attempt_of(record)
    return seen


def _kind(record: Record) -> str | None:
    """Name a record that tells of no call to Claude; None for one that does."""
    attributes = record.attributes
    kind = (word(attributes, "kind") or "").upper()
    operation = (word(attributes, "operation") or "").lower()
    if record.is_span and "count_tokens" in record.name:
        return "count tokens"
    if kind not in ("", "LLM", "GENERATION") or operation not in ("", *_CALLS):
        return "other step of the application"
    if not record.is_span and not has_counts(attributes):
        return "other event"
    if not (kind or operation or _counts_tokens(record)):
        return "other span"
    return None if _is_claude(record) else _OTHER_MODEL


def _counts_tokens(record: Record) -> bool:
    """Tell a call by its counts alone; bare names stand for Claude Code's counts only."""
    return any(told(record.attributes, name) is not None for name in ("prompt", "model")) and any(
        key.startswith(("gen_ai.usage.", "llm.usage.", "llm.token_count."))
        for key in record.attributes
    )


def _is_claude(record: Record) -> bool:
    named = [word(record.attributes, name) or "" for name in ("model", "model_requested")]
    provider = (word(record.attributes, "provider") or "").lower()
    return "anthropic" in provider or any("claude" in name.lower() for name in named)


CONNECTOR = Connector(
    name="otlp",
    title="OpenTelemetry spans and events (OTLP JSON)",
    detect=is_otlp,
    parse=parse,
    carries="usage with cache counts, times, first token, ids; whole prompts from OpenInference",
    levers=LEVERS,
)
