"""Logs of Claude traffic, one module a source; the list below is the whole of it."""

import re

from analyzer.errors import InputError
from connectors import (
    batches,
    bedrock,
    litellm,
    mapping,
    messages,
    mooncake,
    transcripts,
    vendor,
    vertex,
)
from connectors.claude_code_otel import connector as claude_code_otel
from connectors.claude_code_otel import responses
from connectors.connector import Connector, first_objects
from connectors.litellm import spend
from connectors.otlp import connector as otlp
from connectors.reading.files import LogFile, find_logs
from connectors.reading.places import Place

__all__ = [
    "CONNECTORS",
    "Connector",
    "LogFile",
    "Place",
    "connector_for",
    "find_logs",
    "is_side_object",
]

CONNECTORS: tuple[Connector, ...] = (
    *mapping.PRESETS,
    bedrock.CONNECTOR,
    vertex.CONNECTOR,
    batches.CONNECTOR,
    mooncake.CONNECTOR,
    messages.CONNECTOR,
    litellm.CONNECTOR,
    spend.CONNECTOR,
    transcripts.CONNECTOR,
    claude_code_otel.CONNECTOR,
    otlp.CONNECTOR,
    responses.CONNECTOR,
    *vendor.CONNECTORS,
)

_KEYS_SHOWN = 6
_SIDE_OBJECTS = [re.compile(c.side_object) for c in CONNECTORS if c.side_object]


def is_side_object(place: Place) -> bool:
    """Tell whether a file is read with the log that names it, and is no log itself."""
    path = "/".join(place.parts)
    return any(pattern.search(path) for pattern in _SIDE_OBJECTS)


def connector_for(log: LogFile, name: str | None = None) -> Connector:
    """Give the connector of that name, or the one whose format the file's first lines have.

    Raises:
        InputError: no connector of that name; or an empty file; or a format that none knows.
    """
    known = ", ".join(connector.name for connector in CONNECTORS)
    if name is not None:
        for connector in CONNECTORS:
            if connector.name == name:
                return connector
        raise InputError(f"--source {name}: no such connector; choose one of {known}")
    head = log.sniff()
    if not head.strip():
        raise InputError(f"{log.name}: holds no lines; leave the file out")
    for connector in CONNECTORS:
        if connector.detect(head):
            return connector
    keys = ", ".join(list(next(first_objects(head), {}))[:_KEYS_SHOWN]) or "none: not JSON"
    raise InputError(f"{log.name}: no known format (first keys: {keys}); known are {known}")
