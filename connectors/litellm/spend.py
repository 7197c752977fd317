"""LiteLLM's SpendLogs: rows of its PostgreSQL table, exported as JSON or CSV, or read live."""

from collections.abc import Callable, Iterator

from analyzer.prompts import Hasher
from analyzer.trace import Outcome
from connectors.connector import LEVERS, Connector, each_line, first_objects
from connectors.litellm.calls import outcome_of
from connectors.litellm.rows import from_spend_row
from connectors.messages.prompt import PromptReader
from connectors.reading.files import LogFile

_ALWAYS = {"request_id", "startTime", "spend"}
_OWN = {"call_type", "api_key", "custom_llm_provider", "completionStartTime"}


def row_reader(hasher: Hasher, *, exported: bool) -> Callable[[int, bytes], Outcome]:
    """Give the function that reads one row, as JSON, into an outcome."""
    prompts = PromptReader(hasher)

    def decode(number: int, raw: bytes) -> Outcome:
        logged = from_spend_row(raw, exported=exported)
        return outcome_of(number, raw, logged, prompts, hasher)

    return decode


def _detect(head: bytes) -> bool:
    """Tell a row by its columns; which others there are depends on LiteLLM's version."""
    return any(set(fields) >= _ALWAYS and _OWN & set(fields) for fields in first_objects(head))


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    return each_line(log, row_reader(hasher, exported=True))


CONNECTOR = Connector(
    name="litellm_spend",
    title="LiteLLM SpendLogs (PostgreSQL, or exported as JSON or CSV)",
    detect=_detect,
    parse=_parse,
    carries="usage with both cache lives, keys, teams, tags, cost as logged; prompts where stored",
    levers=LEVERS,
)
