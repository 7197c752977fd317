"""Claude Code's OpenTelemetry: events, spans, and raw bodies in events or in files beside them.

A file of a collector may hold other applications' spans too, so this reads OTLP as `otlp` does; the
name tells what the file is for.
"""

from connectors.claude_code_otel.bodies import REQUEST_FILE
from connectors.connector import LEVERS, Connector
from connectors.otlp.connector import parse
from connectors.otlp.records import is_otlp


def _detect(head: bytes) -> bool:
    return is_otlp(head) and b"claude_code." in head


CONNECTOR = Connector(
    name="claude_code_otel",
    title="Claude Code OpenTelemetry",
    detect=_detect,
    parse=parse,
    carries="usage, times, effort; with raw bodies whole prompts and the life of cache writes",
    levers=LEVERS,
    side_object=REQUEST_FILE,
)
