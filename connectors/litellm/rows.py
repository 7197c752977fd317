"""LiteLLM's two records of a call, read into one: what its callbacks send, and a row of SpendLogs.

Source of the fields: LiteLLM 1.106.2, `StandardLoggingPayload` and `schema.prisma`.
"""

from typing import NamedTuple

import msgspec

from connectors.faults import LineError
from connectors.reading.json_scan import object_of
from connectors.times import Precision, from_iso, precision_of

_Raw = msgspec.Raw
_NONE = msgspec.Raw()


class ErrorInformation(msgspec.Struct, gc=False):
    """Why a call failed; its message may quote the prompt and is not read."""

    error_code: object = None
    error_class: object = None
    error_provider_request_id: object = None


class Metadata(msgspec.Struct, gc=False):
    """The part of `metadata` that says who asked, what it cost in tokens, and how it went."""

    usage_object: _Raw = _NONE
    additional_usage_values: _Raw = _NONE
    status: object = None
    error_information: ErrorInformation | None = None
    attempted_retries: object = None
    original_model_group: object = None
    batch_models: object = None
    litellm_call_id: object = None
    user_agent: object = None
    user_api_key_alias: object = None
    user_api_key_hash: object = None
    user_api_key_user_id: object = None
    user_api_key_end_user_id: object = None
    user_api_key_team_id: object = None
    user_api_key_team_alias: object = None
    user_api_key_org_id: object = None
    user_api_key_org_alias: object = None


class _HiddenParams(msgspec.Struct, gc=False):
    additional_headers: dict[str, object] | None = None
    litellm_model_name: object = None


class _ModelMap(msgspec.Struct, gc=False):
    model_map_key: object = None


class _Counted(msgspec.Struct, kw_only=True, gc=False):
    """What both records name alike."""

    call_type: str | None = None
    litellm_call_id: object = None
    status: object = None
    cache_hit: object = None
    startTime: object = None  # noqa: N815 - LiteLLM's own names
    endTime: object = None  # noqa: N815
    completionStartTime: object = None  # noqa: N815
    model: str | None = None
    model_group: object = None
    custom_llm_provider: object = None
    api_base: object = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    metadata: _Raw = _NONE
    request_tags: _Raw = _NONE
    end_user: object = None
    session_id: object = None
    messages: _Raw = _NONE
    response: _Raw = _NONE


class _Payload(_Counted, gc=False):
    id: object = None
    stream: object = None
    response_cost: object = None
    error_information: ErrorInformation | None = None
    model_parameters: _Raw = _NONE
    hidden_params: _HiddenParams | None = None
    model_map_information: _ModelMap | None = None


class _SpendRow(_Counted, gc=False):
    request_id: str | None = None
    spend: object = None
    api_key: object = None
    user: object = None
    team_id: object = None
    organization_id: object = None
    agent_id: object = None
    proxy_server_request: _Raw = _NONE


class Times(NamedTuple):
    """When the gateway took a call, had its first piece, and its end."""

    start_us: int | None
    first_us: int | None
    end_us: int | None
    precision: Precision


class Logged(NamedTuple):
    """One call as LiteLLM tells it, whichever record told of it."""

    id: str | None
    """The answer's id, or the gateway's own where the route hides it."""
    row: _Counted
    metadata: Metadata
    usage: bytes | None
    error: ErrorInformation
    times: Times
    stream: bool | None
    headers: dict[str, str]
    cost: object
    models: tuple[str, ...]
    """Names of the model that served, the surest first."""
    agent: str | None
    body: bytes | None
    """The request as the client sent it; SpendLogs keeps it where prompts are stored."""
    parameters: bytes | None
    """The request without its messages, as callbacks get it."""
    messages: bytes | None
    response: bytes | None


_decode_payload = msgspec.json.Decoder(_Payload, strict=False).decode
_decode_spend_row = msgspec.json.Decoder(_SpendRow, strict=False).decode
_decode_metadata = msgspec.json.Decoder(Metadata, strict=False).decode
_decode_text = msgspec.json.Decoder(str).decode
_EMPTY = (b"", b"null", b"{}", b"[]", b'""')
_LARGEST_SECONDS = 10**11


def from_payload(raw: bytes) -> Logged:
    """Read what a callback got: a StandardLoggingPayload."""
    object_of(raw)
    row = _decode_payload(raw)
    metadata, usage = _metadata(row)
    hidden = row.hidden_params or _HiddenParams()
    parameters = _content(row.model_parameters)
    served = (row.model_map_information or _ModelMap()).model_map_key
    return Logged(
        id=word(row.id),
        row=row,
        metadata=metadata,
        usage=usage,
        error=row.error_information or metadata.error_information or ErrorInformation(),
        times=_times(row),
        stream=True if row.stream is True else None,
        headers=_texts(hidden.additional_headers or {}),
        cost=row.response_cost,
        models=_words(row.model, served, hidden.litellm_model_name),
        agent=None,
        body=None,
        parameters=parameters,
        messages=_content(row.messages),
        response=_content(row.response),
    )


def from_spend_row(raw: bytes, *, exported: bool = True) -> Logged:
    """Read a row of `LiteLLM_SpendLogs`, exported or as the database itself gives it.

    The database never writes a key twice, so only in exports is that looked for.
    """
    if exported:
        object_of(raw)
    row = _decode_spend_row(raw)
    metadata, usage = _metadata(row, exported=exported)
    metadata.user_api_key_hash = word(row.api_key) or metadata.user_api_key_hash
    metadata.user_api_key_user_id = word(row.user) or metadata.user_api_key_user_id
    metadata.user_api_key_team_id = word(row.team_id) or metadata.user_api_key_team_id
    metadata.user_api_key_org_id = word(row.organization_id) or metadata.user_api_key_org_id
    return Logged(
        id=row.request_id or None,
        row=row,
        metadata=metadata,
        usage=usage,
        error=metadata.error_information or ErrorInformation(),
        times=_times(row),
        stream=None,
        headers={},
        cost=row.spend,
        models=_words(row.model),
        agent=word(row.agent_id),
        body=_content(row.proxy_server_request),
        parameters=None,
        messages=_content(row.messages),
        response=_content(row.response),
    )


def json_column(raw: msgspec.Raw, name: str) -> bytes | None:
    """Give the JSON of a column, which exports write as an object or as text; None when empty.

    Raises:
        LineError: text that is no JSON.
    """
    text = bytes(raw)
    if text.startswith(b'"'):
        text = _decode_text(text).strip().encode()
        if text not in _EMPTY and text[:1] not in (b"{", b"["):
            raise LineError("bad field", f"{name}: expected JSON; export the column as JSON text")
    return None if text in _EMPTY else text


def _content(raw: msgspec.Raw) -> bytes | None:
    """Give the JSON of a text column; words that are no JSON tell nothing of a prompt's shape."""
    try:
        return json_column(raw, "")
    except LineError:
        return None


def word(value: object) -> str | None:
    """Give a name as text; None when there is none, or something else stands in its place."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _metadata(row: _Counted, *, exported: bool = True) -> tuple[Metadata, bytes | None]:
    text = json_column(row.metadata, "metadata")
    try:
        metadata = _decode_metadata(text) if text else Metadata()
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise LineError(
            "bad field", "metadata: not JSON; export the column as JSON text"
        ) from error
    usage = json_column(metadata.usage_object, "usage_object") or json_column(
        metadata.additional_usage_values, "additional_usage_values"
    )
    if usage and exported:
        object_of(usage)
    return metadata, usage


def _words(*values: object) -> tuple[str, ...]:
    return tuple(filter(None, map(word, values)))


def _texts(headers: dict[str, object]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if isinstance(value, str)}


def _times(row: _Counted) -> Times:
    return Times(
        _time(row.startTime, "startTime"),
        _time(row.completionStartTime, "completionStartTime"),
        _time(row.endTime, "endTime"),
        _precision(row.startTime),
    )


def _time(value: object, key: str) -> int | None:
    """Read seconds since 1970 or an ISO time."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and "-" in value[1:5]:
        return from_iso(value, key)
    seconds = _number(value)
    if seconds is None or not abs(seconds) < _LARGEST_SECONDS:
        raise LineError("bad time", f"{key}: neither seconds since 1970 nor an ISO 8601 time")
    return round(seconds * 1_000_000)


def _precision(value: object) -> Precision:
    """Tell how fine a time is; PostgreSQL keeps milliseconds and cuts their zeros off."""
    coarse = isinstance(value, str) and "-" in value[1:5] and precision_of(value) != "us"
    return "ms" if coarse else "us"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
