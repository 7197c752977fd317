"""The Console's CSV exports: `claude_api_tokens_*.csv` and `claude_api_cost_*.csv`.

Tokens: one row a day (or hour), model, key, workspace and tier; older files lack context_window,
inference_geo and speed. Cost: one row for each of these and token type, in DOLLARS, `cost_usd` as
charged and `list_price_usd` before discount. The cost header was seen in public code and not in an
export of ours, so its known spellings are accepted. Keys stand by name; models of the cost file by
display name ("Claude Haiku 4.5").
"""

from collections.abc import Iterator

from analyzer.prompts import Hasher
from analyzer.trace import CostKind, CostRow, Outcome, Reported, Tokens, UsageRow
from connectors.connector import Connector, each_line, first_objects
from connectors.faults import LineError
from connectors.reading.files import LogFile
from connectors.vendor.values import (
    DAY_US,
    DOLLARS,
    HOUR_US,
    MINUTE_US,
    TOKEN_TYPES,
    Part,
    load,
)

_DATE = "usage_date_utc"
_UNCACHED = "usage_input_tokens_no_cache"
_CHARGED = ("cost_usd", "cost", "amount_usd")
_LISTED = ("list_price_usd", "list_cost_usd", "list_usd")
_KINDS: dict[str, CostKind] = {
    "token": "tokens",
    "tokens": "tokens",
    "web_search": "web_search",
    "code_execution": "code_execution",
    "session_usage": "session_usage",
}
_WINDOWS = {"≤ 200k": "0-200k", "<= 200k": "0-200k", "> 200k": "200k-1M"}
"""As the API writes them."""
_NO_TIER = "message"
"""`usage_type` of the cost file where it names the product and no tier."""
_DATE_DIGITS = 10


def _detect(head: bytes) -> bool:
    row = set(next(first_objects(head), {}))
    return _DATE in row and (_UNCACHED in row or ("token_type" in row and bool({*_CHARGED} & row)))


def _parse(log: LogFile, _hasher: Hasher) -> Iterator[Outcome]:
    return each_line(log, _decode)


def _decode(number: int, raw: bytes) -> Outcome:
    row = Part(load(raw))
    if _UNCACHED in row.fields or "usage_output_tokens" in row.fields:
        return Reported(line=number, report="console token export", usage=(_usage_row(row),))
    if {*_CHARGED} & set(row.fields):
        return Reported(line=number, report="console cost export", cost=(_cost_row(row),))
    raise LineError("missing column", f"neither {_UNCACHED} nor {_CHARGED[0]}; export it again")


def _usage_row(row: Part) -> UsageRow:
    start, end = _bucket(row)
    tokens = Tokens(
        uncached=row.count(_UNCACHED),
        read=row.count("usage_input_tokens_cache_read"),
        write_5m=row.count("usage_input_tokens_cache_write_5m"),
        write_1h=row.count("usage_input_tokens_cache_write_1h"),
        output=row.count("usage_output_tokens"),
    )
    if tokens == Tokens():
        raise LineError("no counts", "the row holds none of the token counts")
    return UsageRow(
        start_us=start,
        end_us=end,
        model=_model(row),
        tier=_tier(row),
        speed=row.words("speed"),
        geo=row.words("inference_geo"),
        context_window=_window(row),
        workspace=row.words("workspace"),
        key=_key(row),
        tokens=tokens,
        web_searches=row.count("web_search_count"),
    )


def _cost_row(row: Part) -> CostRow:
    start, end = _bucket(row)
    token_type = TOKEN_TYPES.get(row.words("token_type") or "")
    named = row.words("cost_type")
    return CostRow(
        start_us=start,
        end_us=end,
        kind=_KINDS.get(named, "other") if named else "tokens" if token_type else "other",
        token_type=token_type,
        model=_model(row),
        tier=_tier(row),
        speed=row.words("speed"),
        geo=row.words("inference_geo"),
        context_window=_window(row),
        workspace=row.words("workspace"),
        key=_key(row),
        charged_pico=row.amount(_column(row, _CHARGED) or _CHARGED[0], DOLLARS),
        list_pico=row.money(_column(row, _LISTED) or _LISTED[0], DOLLARS),
    )


def _bucket(row: Part) -> tuple[int, int]:
    """Give the UTC day, or the hour or minute where the export was made that fine."""
    start = row.time(_DATE)
    if len(row.words(_DATE) or "") == _DATE_DIGITS:
        return start, start + DAY_US
    return start, start + (MINUTE_US if start % HOUR_US else HOUR_US)


def _model(row: Part) -> str | None:
    return row.words("model_version") or row.words("model")


def _tier(row: Part) -> str | None:
    tier = row.words("usage_type")
    return None if tier == _NO_TIER else tier


def _window(row: Part) -> str | None:
    window = row.words("context_window")
    return _WINDOWS.get(window, window) if window else None


def _key(row: Part) -> str | None:
    return row.words("api_key") or row.words("api_key_id")


def _column(row: Part, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if row.fields.get(name) is not None), None)


CONNECTOR = Connector(
    name="console_csv",
    title="Console token and cost exports (CSV)",
    detect=_detect,
    parse=_parse,
    carries="tokens, or charges and list prices, by day, model, key and workspace, no calls",
    levers=(),
)
