"""Traffic (b): a support assistant; caching goes live on a day, the model changes on another."""

from dataclasses import dataclass
from datetime import date

from generator.calendar import HOUR_S, WORKDAYS, day_of, office_ms
from generator.exchanges import (
    Caller,
    Exchange,
    Json,
    timed,
    tokens_to_text,
    unlogged,
    with_retries,
)
from generator.seeded import Curve, Random, Sampler, stream
from generator.words import Writer

CACHING_LIVE = date(2026, 9, 21)
SONNET_5_5_LIVE = date(2026, 9, 28)

CALLER = Caller(
    workspace="wrkspc_syn_support",
    key="support-prod",
    app="helpdesk",
    workload="support-chat",
    tags={"team": "support", "env": "prod"},
)
CONVERSATIONS = 560
DESK_OPENS_S = 13 * HOUR_S
DESK_HOURS = 2.0
MAX_TOKENS = 1024

_OPENING = Curve({0.05: 340, 0.5: 670, 0.95: 1250, 0.99: 2100})
"""Tokens of a conversation's first message: the question and the articles found for it."""
_QUESTION = Curve({0.1: 25, 0.5: 75, 0.9: 210, 0.99: 700})
_ANSWER = Curve({0.05: 30, 0.5: 129, 0.9: 460, 0.99: 1150})
_PAUSE_S = Curve({0.1: 90, 0.5: 320, 0.9: 850, 0.99: 1900})
_TURNS = Curve({0.05: 1.2, 0.35: 1.9, 0.7: 3.2, 0.95: 6.2, 0.99: 9})
_ARRIVAL = Curve({0.05: 0.06, 0.25: 0.29, 0.5: 0.69, 0.75: 1.39, 0.95: 3.05, 0.99: 4.9})
"""Waiting time between conversations, in means of a nearly exponential one."""


@dataclass(frozen=True, slots=True)
class _Draws:
    random: Random
    writer: Writer
    opening: Sampler
    question: Sampler
    answer: Sampler
    pause: Sampler
    turns: Sampler


def calls(seed: int) -> list[Exchange]:
    """Give the assistant's calls."""
    random = stream(seed, "support")
    curves = (_OPENING, _QUESTION, _ANSWER, _PAUSE_S, _TURNS)
    draws = _Draws(random, Writer(seed, "support"), *(Sampler(random, curve) for curve in curves))
    prefix = _prefix(seed)
    arrival = Sampler(random, _ARRIVAL)
    waits = [arrival.draw() for _ in range(CONVERSATIONS + 1)]
    scale = len(WORKDAYS) * DESK_HOURS * HOUR_S / sum(waits)
    result: list[Exchange] = []
    for number in range(CONVERSATIONS):
        start_ms = office_ms(sum(waits[: number + 1]) * scale, DESK_OPENS_S, DESK_HOURS)
        result += _conversation(draws, prefix, number, start_ms)
    return unlogged(with_retries(result, random, 0.006), random)


def _conversation(draws: _Draws, prefix: Json, number: int, start_ms: int) -> list[Exchange]:
    day = day_of(start_ms)
    cached = day >= CACHING_LIVE
    model = "claude-sonnet-5-5" if day >= SONNET_5_5_LIVE else "claude-sonnet-5"
    streams = draws.random.random() < 0.7  # noqa: PLR2004 - seven in ten clients stream
    history: list[tuple[str, str]] = []
    result: list[Exchange] = []
    for turn in range(draws.turns.draw_int()):
        tokens = (draws.question if turn else draws.opening).draw_int(8)
        label = f"Case {number + 1}.{turn + 1}: "
        history.append(("user", draws.writer.text(draws.random, tokens * 38 // 10, label)))
        output = min(draws.answer.draw_int(), MAX_TOKENS)
        answer = draws.writer.text(draws.random, tokens_to_text(output))
        first_ms, end_ms = timed(start_ms, output, 0.6 + draws.random.random(), 75)
        request: Json = {
            "model": model,
            "max_tokens": MAX_TOKENS,
            **_marked(prefix, cached=cached),
            "messages": _messages(history, cached=cached),
            "metadata": {"user_id": f"synthetic-user-{number % 211}"},
            **({"stream": True} if streams else {}),
        }
        result.append(
            Exchange(
                name=f"support_{number + 1:04}_{turn + 1}",
                caller=CALLER,
                request=request,
                start_ms=start_ms,
                first_ms=first_ms if streams else end_ms,
                end_ms=end_ms,
                answer=answer,
                output_tokens=output,
                stop_reason="max_tokens" if output == MAX_TOKENS else "end_turn",
            )
        )
        history.append(("assistant", answer))
        start_ms = end_ms + round(draws.pause.draw() * 1000)
    return result


def _prefix(seed: int) -> Json:
    """Give tools and system prompt: shared by every conversation, over 2,000 tokens."""
    random = stream(seed, "support prefix")
    writer = Writer(seed, "support prefix")
    tools = [
        {
            "name": f"synthetic_{verb}",
            "description": writer.text(random, 850, f"Synthetic tool {verb}. "),
            "input_schema": {
                "type": "object",
                "properties": {"id": {"type": "string", "description": writer.text(random, 60)}},
            },
        }
        for verb in ("order", "refund", "ticket", "article", "account", "handover")
    ]
    system = writer.text(random, 4200, "You are the synthetic support assistant of Example Corp. ")
    return {"tools": tools, "system": [{"type": "text", "text": system}]}


def _marked(prefix: Json, *, cached: bool) -> Json:
    if not cached:
        return prefix
    blocks = prefix["system"]
    if not isinstance(blocks, list):
        raise TypeError(blocks)
    return {**prefix, "system": [{**blocks[-1], "cache_control": {"type": "ephemeral"}}]}


def _messages(history: list[tuple[str, str]], *, cached: bool) -> list[Json]:
    messages: list[Json] = []
    for index, (role, text) in enumerate(history):
        block: Json = {"type": "text", "text": text}
        if cached and index == len(history) - 1:
            block["cache_control"] = {"type": "ephemeral"}
        messages.append({"role": role, "content": [block]})
    return messages
