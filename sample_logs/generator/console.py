"""The rare cases: fast mode, searches, a model without a price, errors, a refusal, a cut."""

from dataclasses import replace

from generator.calendar import HOUR_S, WORKDAYS, moment_ms
from generator.exchanges import (
    INVALID,
    OVERLOADED,
    Caller,
    Exchange,
    Json,
    failing,
    timed,
    tokens_to_text,
)
from generator.seeded import Random, stream
from generator.words import Writer

CALLER = Caller(
    workspace="wrkspc_syn_operations",
    key="ops-console",
    app="incident-room",
    tags={"team": "operations"},
)
UNKNOWN_MODEL = "claude-experimental-9"
"""Invented: no price book holds it, so its tokens must show as unpriced."""

_FAST_FROM_WORKDAY = 40
"""Monday 2026-10-19: Opus 5.5 sells fast mode to everyone since 2026-10-15."""
_SONNET_5_5_FROM_WORKDAY = 26


def calls(seed: int) -> list[Exchange]:
    """Give the console's calls."""
    random = stream(seed, "console")
    writer = Writer(seed, "console")
    fast = _kind(random, writer, "fast", 24, _FAST_FROM_WORKDAY)
    search = _kind(random, writer, "search", 14, _SONNET_5_5_FROM_WORKDAY)
    plain = _kind(random, writer, "plain", 30, _SONNET_5_5_FROM_WORKDAY)
    unknown = _kind(random, writer, "preview", 7, _SONNET_5_5_FROM_WORKDAY)
    searches = [replace(call, searches=1 + int(random.random() * 3)) for call in search]
    return [*fast, *searches, *unknown, *_with_accidents(plain)]


def _with_accidents(calls: list[Exchange]) -> list[Exchange]:
    """Break the first few calls, each in its own way."""
    refused = replace(calls[0], stop_reason="refusal", answer="", output_tokens=0)
    cut = replace(calls[1], cut=True)
    broken = [failing(call, INVALID) for call in calls[2:5]]
    busy = [failing(call, OVERLOADED) for call in calls[5:9]]
    return [refused, cut, *broken, *busy, *calls[9:]]


def _kind(
    random: Random, writer: Writer, kind: str, count: int, first_workday: int
) -> list[Exchange]:
    result: list[Exchange] = []
    days = WORKDAYS[first_workday:]
    for number in range(count):
        day = days[number * len(days) // count]
        start_ms = moment_ms(day, (9 + random.random() * 8) * HOUR_S)
        output = 120 + int(random.random() * 700)
        first_ms, end_ms = timed(start_ms, output, 0.5 + random.random(), 70)
        name = f"console_{kind}_{number + 1:02}"
        text = writer.text(random, 2000 + int(random.random() * 9000), f"Incident {name}. ")
        result.append(
            Exchange(
                name=name,
                caller=CALLER,
                request=_request(kind, text),
                start_ms=start_ms,
                first_ms=first_ms,
                end_ms=end_ms,
                answer=writer.text(random, tokens_to_text(output)),
                output_tokens=output,
            )
        )
    return result


def _request(kind: str, text: str) -> Json:
    kinds: dict[str, tuple[str, Json]] = {
        "fast": ("claude-opus-5-5", {"speed": "fast"}),
        "search": ("claude-sonnet-5-5", {"tools": [_SEARCH_TOOL]}),
        "plain": ("claude-sonnet-5-5", {}),
        "preview": (UNKNOWN_MODEL, {}),
    }
    model, extra = kinds[kind]
    return {
        "model": model,
        "max_tokens": 1024,
        **extra,
        "system": "Synthetic: help the person on call.",
        "messages": [{"role": "user", "content": text}],
        "stream": True,
    }


_SEARCH_TOOL: Json = {"type": "web_search_20260209", "name": "web_search", "max_uses": 3}
