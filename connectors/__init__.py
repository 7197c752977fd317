"""Logs of Claude traffic, one module a source; the list below is the whole of it."""

from analyzer.errors import InputError
from connectors import messages, transcripts
from connectors.connector import Connector, first_objects
from connectors.files import LogFile, find_logs

__all__ = ["CONNECTORS", "Connector", "LogFile", "connector_for", "find_logs"]

CONNECTORS: tuple[Connector, ...] = (
    messages.CONNECTOR,
    transcripts.CONNECTOR,
)

_KEYS_SHOWN = 6


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
