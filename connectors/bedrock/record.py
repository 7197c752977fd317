"""One record of Bedrock's model invocation log: its scalars, its bodies, and what it counts.

`inputTokenCount` is without cache reads and writes (measured on real records), so the buckets are
disjoint as they come; lives of writes stand in the bodies alone.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.bodies import unwrapped
from connectors.faults import LineError
from connectors.reading.json_scan import Fields, object_of, strict_object

BODY_DIFFERS = "the body's usage differs from the record's counts"
BODY_UNREAD = "the body's usage cannot be read; the record's counts stand"
TOTAL_DIFFERS = "totalTokens is not the sum of the counts"

KIND = "ModelInvocationLog"
_NULL = msgspec.Raw(b"null")


class _Input(msgspec.Struct, rename="camel"):
    input_token_count: int | None = None
    cache_read_input_token_count: int | None = None
    cache_write_input_token_count: int | None = None
    input_body_json: msgspec.Raw = _NULL
    body_path: str | None = msgspec.field(default=None, name="inputBodyS3Path")


class _Output(msgspec.Struct, rename="camel"):
    output_token_count: int | None = None
    output_body_json: msgspec.Raw = _NULL
    body_path: str | None = msgspec.field(default=None, name="outputBodyS3Path")


class _Identity(msgspec.Struct):
    arn: str | None = None


class _Performance(msgspec.Struct):
    latency: str | None = None


class Record(msgspec.Struct, rename="camel"):
    """The scalars of one record."""

    timestamp: str | None = None
    account_id: str | None = None
    region: str | None = None
    inference_region: str | None = None
    request_id: str | None = None
    operation: str = ""
    model_id: str = ""
    identity: _Identity | None = None
    status: str | int | None = None
    error_code: str | None = None
    performance_config: _Performance | None = None
    request_metadata: dict[str, Any] | None = None
    input: _Input | None = None
    output: _Output | None = None

    @property
    def converse(self) -> bool:
        """Whether the bodies are Converse's and not the Messages API's."""
        return self.operation.startswith("Converse")

    @property
    def usage(self) -> dict[str, object]:
        """The counts beside the bodies, in the Messages API's words; missing ones left out."""
        asked, answered = self.input or _Input(), self.output or _Output()
        counts = {
            "input_tokens": asked.input_token_count,
            "cache_read_input_tokens": asked.cache_read_input_token_count,
            "cache_creation_input_tokens": asked.cache_write_input_token_count,
            "output_tokens": answered.output_token_count,
        }
        return given(counts)


_decode = msgspec.json.Decoder(Record).decode
_decode_any = msgspec.json.Decoder().decode


def read_record(raw: bytes) -> Record:
    """Read a record, also inside CloudWatch's `@message` or behind its time.

    Raises:
        LineError: no record of this log, or a key that stands twice.
    """
    text = raw if raw.startswith(b"{") else raw[max(raw.find(b" {"), 0) :].strip()
    fields = object_of(text)
    wrapped = fields.get("@message", fields.get("message"))
    if wrapped is not None and "schemaType" not in fields:
        text = unwrapped(wrapped)
        fields = object_of(text or b"{}")
    if bytes(fields.get("schemaType", b"")).strip(b'"') != KIND.encode():
        raise LineError("no record", f"schemaType: not {KIND}; is --source right?")
    for part in ("input", "output"):
        if unwrapped(fields.get(part)):
            object_of(fields[part])
    return _decode(text)


def converse_usage(body: Fields) -> tuple[dict[str, object], list[str]]:
    """Give the usage of a Converse answer in the Messages API's words, and what does not add up.

    `totalTokens` holds cache reads and writes too (measured): where they are not told, a total that
    input and output already make says that there were none. Two names of one value are never added.
    """
    told = strict_object(body["usage"]) if "usage" in body else {}
    read = told.get("cacheReadInputTokens", told.get("cacheReadInputTokenCount"))
    written = told.get("cacheWriteInputTokens", told.get("cacheWriteInputTokenCount"))
    counts = [told.get("inputTokens"), told.get("outputTokens"), read or 0, written or 0]
    total, flags = told.get("totalTokens"), []
    if type(total) is int and all(type(count) is int for count in counts):
        left = total - sum(count for count in counts if isinstance(count, int))
        flags = [TOTAL_DIFFERS] * (left < 0 or (left > 0 and None not in (read, written)))
        if left == 0:
            read, written = read or 0, written or 0
    tier = _value(body, "serviceTier", "type")
    usage = {
        "input_tokens": counts[0],
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "cache_creation": _split(told.get("cacheDetails")),
        "output_tokens": counts[1],
        "service_tier": "standard" if tier == "default" else tier,
    }
    return given(usage), flags


def given(counts: Mapping[str, object]) -> dict[str, object]:
    """Leave out what is not told."""
    return {key: value for key, value in counts.items() if value is not None}


def number_in(body: Fields, part: str, key: str) -> int | None:
    """Give a whole number of milliseconds; None when it is missing or nothing of the kind."""
    value = _value(body, part, key)
    return int(value) if isinstance(value, int | float) and 0 <= value < _WEEK_MS else None


_WEEK_MS = 7 * 86_400_000


def object_at(body: Fields, key: str) -> Fields:
    """Give the fields of an object inside a body; none when it is missing or no object."""
    text = unwrapped(body.get(key))
    return object_of(text) if text.startswith(b"{") else {}


def _value(body: Fields, part: str, key: str) -> object:
    """Give one value of an object inside a body; None when it is not told."""
    value: object = _decode_any(object_at(body, part).get(key, b"null"))
    return value


def _split(details: object) -> dict[str, object] | None:
    """Read `cacheDetails`, which lists the lives that were written; a life not listed had none."""
    if not isinstance(details, list) or not details:
        return None
    lives: dict[str, object] = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
    for detail in details:
        if not isinstance(detail, dict) or detail.get("ttl") not in ("5m", "1h"):
            return None
        lives[f"ephemeral_{detail['ttl']}_input_tokens"] = detail.get("inputTokens")
    return lives
