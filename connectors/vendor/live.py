"""Requests to the reporting APIs through the Anthropic SDK; the key stays in memory.

Analytics goes through the SDK's own methods. The SDK has none for the Admin API's reports, so these
are asked for by path. Nothing of any log is sent: only days, a bucket and names of dimensions.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from analyzer.errors import InputError
from connectors.vendor.download import Ask
from connectors.vendor.query import Window, midnight

if TYPE_CHECKING:
    from anthropic import Anthropic, APIStatusError

KEY_NAME = "ANTHROPIC_ADMIN_KEY"
VENDOR_URL = "https://api.anthropic.com"
_PATHS = {
    "usage": "/v1/organizations/usage_report/messages",
    "cost": "/v1/organizations/cost_report",
}
_PAGE_LIMITS = {"1d": 31, "1h": 168, "1m": 1440}
"""Most buckets a page of the Admin API (its reference)."""
_PAGE_ROWS = 1000
"""Most rows a page of the Analytics API."""
_FAST_MODE = "fast-mode-2026-02-01"
"""Beta header that the Admin API's reference asks for when grouping by speed."""
_RETRIES = 4
_TIMEOUT_S = 120.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHOWN = 200
_AGAIN = "run the same command again: it goes on after the last whole page"
_NEEDS = f"{KEY_NAME} must hold an Admin API key (sk-ant-admin...), or one that may read analytics"


def asker(key: str | None, base_url: str = VENDOR_URL) -> Ask:
    """Give the function that fetches one page.

    Raises:
        InputError: no key, or an address to which a key should not be sent.
    """
    if not key:
        raise InputError(f"no key; {_NEEDS}")
    address = urlsplit(base_url)
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise InputError(f"--base-url {base_url}: not https; the key would travel in the clear")
    from anthropic import Anthropic

    client = Anthropic(api_key=key, base_url=base_url, max_retries=_RETRIES, timeout=_TIMEOUT_S)

    def ask(window: Window, cursor: str | None) -> bytes:
        return _explained(client, window, cursor, key)

    return ask


def _explained(client: "Anthropic", window: Window, cursor: str | None, key: str) -> bytes:
    from anthropic import APIConnectionError, APIStatusError

    try:
        if window.query.source == "admin":
            return _admin(client, window, cursor)
        return _analytics(client, window, cursor)
    except APIConnectionError as error:
        where = client.base_url.host
        raise InputError(f"{where}: cannot be reached; check the network, then {_AGAIN}") from error
    except APIStatusError as error:
        raise InputError(_refusal(error).replace(key, "[key]")) from error


def _analytics(client: "Anthropic", window: Window, cursor: str | None) -> bytes:
    query = window.query
    resource: Any = getattr(client.beta.organization.analytics, query.report)
    answer = resource.with_raw_response.list(
        starting_at=midnight(window.start),
        ending_at=midnight(window.end),
        time_bucket_width=query.bucket,
        group_by=list(query.group_by),
        limit=_PAGE_ROWS,
        order_by="time",
        order="asc",
        **({"page": cursor} if cursor else {}),
    )
    return bytes(answer.http_response.content)


def _admin(client: "Anthropic", window: Window, cursor: str | None) -> bytes:
    from httpx2 import Response

    query = window.query
    asked = {
        "starting_at": midnight(window.start),
        "ending_at": midnight(window.end),
        "bucket_width": query.bucket,
        "group_by": list(query.group_by),
        "limit": _PAGE_LIMITS[query.bucket],
        **({"page": cursor} if cursor else {}),
    }
    beta = {"anthropic-beta": _FAST_MODE} if "speed" in query.group_by else {}
    answer = client.get(
        _PATHS[query.report], cast_to=Response, options={"params": asked, "headers": beta}
    )
    return bytes(answer.content)


def _refusal(error: "APIStatusError") -> str:
    """Say what the status means and what to do."""
    status = error.status_code
    if status == _UNAUTHORIZED:
        return f"the key was not accepted (401); {_NEEDS}"
    if status == _FORBIDDEN:
        return f"the key may not read reports (403); {_NEEDS}"
    if status == _TOO_MANY or status >= _SERVER_ERROR:
        return f"the API is busy or failing ({status}) after {_RETRIES} retries; {_AGAIN}"
    return f"the API refused the request ({status}): {_said(error)}; correct it"


_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVER_ERROR = 401, 403, 429, 500


def _said(error: "APIStatusError") -> str:
    body: Any = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    return message[:_SHOWN] if isinstance(message, str) else "without a reason"
