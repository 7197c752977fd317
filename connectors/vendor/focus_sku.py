"""What a FOCUS line bills for, read from the words of its SKU: token type, tier, geography, unit.

Claude has one SKU for each token type, model, region, batch and long context. Three spellings: AWS
Marketplace's older usage types (`USE1-MP:USE1_CacheReadInputTokenCount_Global_Batch_LCtx-Units`),
its newer ones (`USE1-MP:USE1_cache_write_tokens_1h_global_standard-Units`), and words ("Output
tokens, batch"). In the first two a write without `1h` is a 5-minute write, a SKU without a tier is
standard, and one unit is a million tokens (AWS prices them by the million). In words a write that
names no life stays unsplit and a tier that is not named is not known. No public FOCUS file with
Claude SKUs was found: the patterns come from AWS's price lists as public code reads them.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from analyzer.trace import CostKind, TokenType

MILLION = 10**6
_MARKETPLACE = re.compile(r"(?:^|[^a-z0-9])mp:(?:[a-z0-9]+_)?", re.IGNORECASE)
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_MODEL = re.compile(
    r"claude[ -](?:\d+(?:[.-]\d+)*[ -](?:opus|sonnet|haiku)(?:-\d+)*"
    r"|(?:[a-z]+[ -])?\d+(?:[.-]\d+)*)",
    re.IGNORECASE,
)
"""Claude 3.5 Haiku, or Claude Sonnet 4.6 and claude-opus-5-5."""
_TIERS = ("batch", "flex", "priority", "standard")
_LONG = ("lctx", "longctx", "longcontext", "200k1m", "over200k", "above200k")
_SERVICES: tuple[tuple[str, CostKind], ...] = (
    ("websearch", "web_search"),
    ("codeexecution", "code_execution"),
    ("sessionruntime", "session_usage"),
    ("sessionusage", "session_usage"),
)
_UNITS = {
    "token": 1, "tokens": 1, "count": 1, "requests": 1, "request": 1, "search": 1, "searches": 1,
    "1ktokens": 1000, "ktokens": 1000, "1000tokens": 1000, "thousandtokens": 1000,
    "1ktoken": 1000, "1mtokens": MILLION, "mtokens": MILLION, "mtok": MILLION,
    "milliontokens": MILLION, "1milliontokens": MILLION, "1000000tokens": MILLION,
    "1mtoken": MILLION,
}  # fmt: skip
_NEAR = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Sku:
    """What one line's SKU names; None where it does not."""

    kind: CostKind = "other"
    token_type: TokenType | None = None
    tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    context_window: str | None = None
    units: bool = False
    """Counted in Marketplace units, a million tokens each."""


def sku_of(texts: list[str]) -> Sku:
    """Read the first text that names a token type or another thing that is billed."""
    for text in texts:
        found = _read(text)
        if found.kind != "other":
            return found
    return Sku()


def model_of(texts: list[str]) -> str | None:
    """Give the first name of a Claude model as it stands there."""
    matches = (_MODEL.search(text) for text in texts)
    return next((match.group().strip() for match in matches if match), None)


def quantity_of(consumed: Decimal | None, unit: str | None, sku: Sku) -> int | None:
    """Give tokens or uses; None for a unit that is not known, or for no whole number of them."""
    if consumed is None or sku.kind not in ("tokens", "web_search"):
        return None
    name = _NO_LETTER.sub("", (unit or "").lower())
    factor = MILLION if sku.units and name in ("units", "unit", "") else _UNITS.get(name)
    if factor is None or consumed.adjusted() > _MOST_DIGITS:
        return None
    exact = consumed * factor
    whole = round(exact)
    return whole if whole >= 0 and abs(exact - whole) <= _NEAR else None


_MOST_DIGITS = 9
"""A billion units of a million tokens: past it a quantity is no quantity."""


def _read(text: str) -> Sku:
    listed = _MARKETPLACE.search(text)
    said = text[listed.end() :] if listed else text
    plain = _NO_LETTER.sub("", said.lower())
    tier = next((name for name in _TIERS if name in plain), "standard" if listed else None)
    token_type = _token_type(plain, "write_5m" if listed else "write_unsplit")
    service: CostKind = next((kind for word, kind in _SERVICES if word in plain), "other")
    return Sku(
        kind="tokens" if token_type else service,
        token_type=token_type,
        tier=tier,
        speed="optimized" if "latencyoptimized" in plain else None,
        geo="global" if "global" in plain else None,
        context_window="200k-1M" if any(word in plain for word in _LONG) else None,
        units=bool(listed),
    )


def _token_type(plain: str, unsaid: TokenType) -> TokenType | None:
    if "token" not in plain:
        return None
    if any(word in plain for word in ("cacheread", "cachedinput", "cachehit")):
        return "read"
    if any(word in plain for word in ("cachewrite", "cachecreation")):
        return "write_1h" if "1h" in plain else "write_5m" if "5m" in plain else unsaid
    return "output" if "output" in plain else "uncached" if "input" in plain else None
