"""What an address or an id tells of a call: platform, endpoint, model, whether it bills tokens."""

import functools
import re
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from analyzer.trace import Call
from connectors.bedrock_model import place

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
_GOVERNMENT = "us-gov"
_GOVERNMENT_REGION = "us-gov-"
_BEDROCK_PATH = re.compile(r"/model/(.+)/(?:invoke|converse)")
_LOCATION = re.compile(r"/locations/([^/]+)/")
_MODEL = re.compile(r"/models?/([^/:]+(?::\d+)?)(/invoke|:rawPredict|:streamRawPredict)")


_OWN_SERVERS = re.compile(
    r"(hosted_)?vllm|sglang|tgi|text-generation-inference|ollama(_chat)?|llama[._]?cpp|"
    r"llamafile|lm_studio|triton|xinference"
)


@functools.lru_cache(maxsize=256)  # a log names few providers
def on_own_hardware(provider: str | None) -> bool:
    """Tell whether a provider's name is that of a model server which people run themselves."""
    return _OWN_SERVERS.fullmatch((provider or "").lower()) is not None


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
def place_at(url: str | None) -> str | None:
    """Tell the kind of a cloud's endpoint from its address; None where it is none, or not told."""
    parts, platform = _split(url), _host(url) if url else None
    path, host = unquote(parts.path), parts.hostname or ""
    if platform == "bedrock":
        model = _BEDROCK_PATH.search(path)
        return _place(model.group(1) if model else "", host)
    location = _LOCATION.search(path) if platform == "vertex" else None
    if location is not None:
        return "global" if location.group(1) == "global" else "regional"
    if "aiplatform." not in host:
        return None
    return "global" if host.startswith("aiplatform.googleapis.") else "regional"


def placed(call: Call) -> Call:
    """Give a call the kind of endpoint that a Bedrock id of its model names, whoever logged it."""
    asked = call.model_requested if call.platform in (None, "bedrock") else None
    found = _place_named(call.model, asked)
    if found is None or call.geo in (found, _GOVERNMENT):
        return call
    return msgspec.structs.replace(call, geo=found)


@functools.lru_cache(maxsize=1024)  # a log names few models
def _place_named(model: str, asked: str | None) -> str | None:
    return _place(model, model) or (_place(asked, asked) if asked else None)


def _place(name: str, region: str) -> str | None:
    """Read an id behind a gateway's prefixes; `region` is a text that may hold one."""
    start = name.find("arn:")
    identity = name[start:] if start >= 0 else name.rpartition("/")[2]
    region = _GOVERNMENT_REGION if f"{_GOVERNMENT}-" in region else ""
    return place(identity, region) if identity or region else None


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
