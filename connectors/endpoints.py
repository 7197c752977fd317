"""What an address tells of a call: platform, model asked for, and whether it bills tokens."""

import functools
import re
from urllib.parse import SplitResult, unquote, urlsplit

_HOSTS = (
    ("bedrock", "bedrock"),
    ("aiplatform.", "vertex"),
    (".azure.", "foundry"),
    ("api.anthropic.com", "claude_api"),
)
_PATHS = ((":rawPredict", "vertex"), (":streamRawPredict", "vertex"), ("/invoke", "bedrock"))
_MESSAGE_IDS = (("msg_bdrk_", "bedrock"), ("msg_vrtx_", "vertex"))
_BILLED = re.compile(
    r"(/v1/(messages|complete)|/invoke(-with-response-stream)?|:(rawPredict|streamRawPredict))/?$"
)
_MODEL = re.compile(r"/models?/([^/:]+(?::\d+)?)(/invoke|:rawPredict|:streamRawPredict)")


def platform_of(url: str | None, message_id: str | None) -> str | None:
    """Tell the platform from host, path or message id; None when none of them tells."""
    if url and (platform := _host(url)):
        return platform
    for prefix, platform in _MESSAGE_IDS:
        if message_id and message_id.startswith(prefix):
            return platform
    return None


@functools.lru_cache(maxsize=256)  # a log names few addresses
def model_in(url: str | None) -> str | None:
    """Give the model that Bedrock and Google addresses name."""
    found = _MODEL.search(unquote(_split(url).path))
    return found.group(1) if found else None


@functools.lru_cache(maxsize=256)  # a log names few addresses
def bills_tokens(url: str | None) -> bool:
    """Tell whether calls to this address are billed by token; yes when there is no address."""
    path = unquote(_split(url).path)
    return path in ("", "/") or _BILLED.search(path) is not None


@functools.lru_cache(maxsize=256)  # a log names few addresses
def _host(url: str) -> str | None:
    parts = _split(url)
    for sign, platform in _HOSTS:
        if sign in (parts.hostname or ""):
            return platform
    for sign, platform in _PATHS:
        if sign in parts.path:
            return platform
    return None


def _split(url: str | None) -> SplitResult:
    """Take an address apart; one that is damaged tells nothing."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")
