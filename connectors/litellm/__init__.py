"""LiteLLM callbacks: one StandardLoggingPayload a call, in S3, Google Cloud Storage or a file."""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import Outcome
from connectors.connector import LEVERS, Connector, each_line, first_objects
from connectors.litellm.calls import outcome_of
from connectors.litellm.rows import from_payload
from connectors.messages.prompt import PromptReader
from connectors.reading.files import LogFile

_ALWAYS = {"id", "call_type", "startTime"}
_OWN = {"status_fields", "hidden_params", "model_map_information", "model_parameters"}


def _detect(head: bytes) -> bool:
    """Tell a payload by the keys that no other log writes together."""
    return any(set(fields) >= _ALWAYS and _OWN & set(fields) for fields in first_objects(head))


def _parse(log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    prompts = PromptReader(hasher)

    def decode(number: int, raw: bytes) -> Outcome:
        return outcome_of(number, raw, from_payload(raw), prompts, hasher)

    return each_line(log, decode)


CONNECTOR = Connector(
    name="litellm",
    title="LiteLLM callbacks (StandardLoggingPayload)",
    detect=_detect,
    parse=_parse,
    carries="usage with both cache lives, prompts with cache marks (chat route), cost as logged",
    levers=LEVERS,
)
