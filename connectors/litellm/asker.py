"""Who asked a call of LiteLLM: names, tags, tries, and what LiteLLM says it cost.

Its teams and organisations are the gateway's own, not the provider's, so they become tags; the
provider's organisation stands in a header of the answer.
"""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Call
from connectors.litellm.rows import Logged, word

_ORGANISATION = "llm_provider-anthropic-organization-id"
_CLIENT = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,39}")
_USER_AGENT = "User-Agent: "


def asked_by(call: Call, logged: Logged, hasher: Hasher) -> Call:
    """Add who asked, under which names, and what LiteLLM says it cost."""
    row, who = logged.row, logged.metadata
    labels, client = _labels(logged)
    user = word(who.user_api_key_user_id)
    end_user = word(row.end_user) or word(who.user_api_key_end_user_id)
    own = {
        "litellm_team": word(who.user_api_key_team_alias) or word(who.user_api_key_team_id),
        "litellm_org": word(who.user_api_key_org_alias) or word(who.user_api_key_org_id),
        "litellm_user": user if end_user else None,
        "litellm_agent": logged.agent,
    }
    return msgspec.structs.replace(
        call,
        attempt=retries(logged),
        org=logged.headers.get(_ORGANISATION),
        key=_key(word(who.user_api_key_alias) or word(who.user_api_key_hash), hasher),
        user=end_user or user,
        session=word(row.session_id),
        app=client,
        workload=labels.get("workload"),
        tags={**labels, **{name: value for name, value in own.items() if value}},
        cost_logged_usd=_cost(logged.cost),
    )


def retries(logged: Logged) -> int:
    """Give how many tries came before this one."""
    tries = logged.metadata.attempted_retries
    return tries if isinstance(tries, int) and not isinstance(tries, bool) else 0


def _labels(logged: Logged) -> tuple[dict[str, str], str | None]:
    """Give the tags, `name:value` split in two, and the client that a `User-Agent:` tag names."""
    text = bytes(logged.row.request_tags)
    return _split(text, word(logged.metadata.user_agent))


@lru_cache(maxsize=1024)
def _split(text: bytes, agent: str | None) -> tuple[dict[str, str], str | None]:
    agents = [agent or ""]
    labels: dict[str, str] = {}
    for tag in _listed(text):
        if not isinstance(tag, str):
            continue
        if tag.startswith(_USER_AGENT):
            agents.append(tag.removeprefix(_USER_AGENT))
            continue
        name, colon, value = tag.partition(":")
        labels[name.strip()] = value.strip() if colon else "true"
    clients = (agent.partition("/")[0] for agent in agents)
    return labels, next((c for c in clients if _CLIENT.fullmatch(c)), None)


def _listed(text: bytes) -> list[object]:
    """Read a column of tags; one of another shape tags nothing."""
    try:
        tags = msgspec.json.decode(text or b"null")
        tags = msgspec.json.decode(tags) if isinstance(tags, str) and tags else tags
    except msgspec.DecodeError:
        return []
    return tags if isinstance(tags, list) else []


def _key(name: str | None, hasher: Hasher) -> str | None:
    """Give the key's name or hash; a secret that was logged in its place is hashed here."""
    if name and name.startswith("sk-"):
        return f"key-{hasher.digest(b'api key', name.encode()).hex()[:12]}"
    return name


def _cost(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value == "":
        return None
    if isinstance(value, float) and _PLAIN_COST < value < 1:  # what Python writes without exponent
        return repr(value)
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    return f"{cost:f}" if cost.is_finite() and abs(cost.adjusted()) < _COST_DIGITS else None


_COST_DIGITS = 30
_PLAIN_COST = 0.0001
