"""A dozen calls that every log format tells in its own way, so that their counts can be compared.

Texts are invented; counts are set by hand so that each rule of billing shows once. Order is time.
"""

from dataclasses import dataclass, field

from generator.exchanges import ORGANISATION, Failure, Json

CANARY = "canary-zebra"
"""Stands in the texts: no outcome and no store may ever hold it."""
NOON_US = 1_790_769_600_000_000
"""2026-09-30 12:00 UTC."""
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One call over the Messages API with everything that a log may tell of it."""

    number: int
    model: str
    start_us: int
    first_us: int
    end_us: int
    request: Json
    answer: list[Json] = field(default_factory=list)
    stop_reason: str = "end_turn"
    uncached: int = 0
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    output: int = 0
    thinking: int = 0
    web_searches: int = 0
    stream: bool = False
    tier: str = "standard"
    attempt: int = 0
    failure: Failure | None = None
    session: str = "ses_golden_a"
    user: str = "user_golden_1"
    workload: str = "triage"
    organisation: str = ORGANISATION
    workspace: str = "wrkspc_golden"
    key: str = "golden-key"

    @property
    def message_id(self) -> str:
        """Id of the answer."""
        return f"msg_golden{self.number:04}"

    @property
    def request_id(self) -> str:
        """Id that the `request-id` header carries."""
        return f"req_golden{self.number:04}"

    @property
    def prompt_total(self) -> int:
        """All input: uncached, read and written."""
        return self.uncached + self.read + self.write_5m + self.write_1h

    @property
    def usage(self) -> Json:
        """The `usage` object of the Messages API."""
        return {
            "input_tokens": self.uncached,
            "cache_read_input_tokens": self.read,
            "cache_creation_input_tokens": self.write_5m + self.write_1h,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.write_5m,
                "ephemeral_1h_input_tokens": self.write_1h,
            },
            "output_tokens": self.output,
            "output_tokens_details": {"thinking_tokens": self.thinking},
            "server_tool_use": {"web_search_requests": self.web_searches},
            "service_tier": self.tier,
        }

    @property
    def response(self) -> Json:
        """The response body of the Messages API."""
        return {
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": self.answer,
            "stop_reason": self.stop_reason,
            "stop_sequence": None,
            "usage": self.usage,
        }


def golden_calls() -> list[Golden]:
    """Give the calls in order of start; the failed try stands before the call that it became."""
    return sorted([*_conversation(), *_single_calls()], key=lambda call: call.start_us)


_SONNET, _OPUS, _HAIKU = "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5-20251001"
_TOOLS: list[Json] = [
    {
        "name": "lookup",
        "description": f"Finds an order by its number ({CANARY}, invented).",
        "input_schema": {"type": "object", "properties": {"order": {"type": "string"}}},
    }
]


def _conversation() -> list[Golden]:
    """Four turns with a marked system prompt: written once, then read and extended."""
    turns: list[Json] = [_user("Where is order 17? It was promised for Tuesday.")]
    called: Json = {
        "type": "tool_use",
        "id": "toolu_g1",
        "name": "lookup",
        "input": {"order": "17"},
    }
    result: Json = {"type": "tool_result", "tool_use_id": "toolu_g1", "content": "in transit"}
    first = _turn(1, 0, turns, [called], stop_reason="tool_use", write_5m=3_000, output=60)
    turns = [*turns, _assistant(called), {"role": "user", "content": [result]}]
    second = _turn(2, 20, turns, [_text("It is on its way.")], read=3_000, write_5m=150, output=40)
    turns = [*turns, _assistant(_text("It is on its way.")), _user("And order 18?")]
    third = _turn(
        3, 80, turns, [_text("Delivered on Monday.")], read=3_150, write_5m=70, output=120,
        thinking=90, stream=True,
    )  # fmt: skip
    turns = [*turns, _assistant(_text("Delivered on Monday.")), _user("Thank you.")]
    # 400 seconds later: the five minutes are over, all of it is written again
    fourth = _turn(
        4, 480, turns, [_text("You are welcome.")], write_5m=3_260, output=15, stream=True
    )
    return [first, second, third, fourth]


def _turn(
    number: int, seconds: int, turns: list[Json], answer: list[Json], **counts: object
) -> Golden:
    request: Json = {
        "model": _SONNET,
        "max_tokens": 1_024,
        "system": [_marked("You answer about orders. " * 40, "5m")],
        "tools": _TOOLS,
        "messages": [*turns[:-1], _with_mark(turns[-1])],
    }
    return _golden(number, seconds, request, uncached=12, answer=answer, **counts)


def _single_calls() -> list[Golden]:
    long = {
        "model": _OPUS,
        "max_tokens": 4_096,
        "system": [_marked(f"House rules of the invented shop ({CANARY}). " * 60, "1h")],
        "messages": [{"role": "user", "content": [_marked("A long contract. " * 80, "5m")]}],
    }
    plain = {
        "model": _HAIKU,
        "max_tokens": 64,
        "messages": [_user("Name the language of: bonjour")],
    }
    search = {
        "model": _SONNET,
        "max_tokens": 2_048,
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "messages": [_user("Which day is the invented fair?")],
    }
    refused = Failure(429, "rate_limit_error", "synthetic: too many requests, try again")
    other: Json = {"session": "ses_golden_b", "user": "user_golden_2", "workload": "contracts"}
    return [
        _golden(5, 600, long, uncached=20, write_1h=2_500, write_5m=1_400, output=800,
                answer=[_text("Clause 4 is unusual.")], **other),
        _golden(6, 660, long, uncached=25, read=3_900, output=700, stream=True,
                answer=[_text("Clause 9 as well.")], **other),
        _golden(7, 700, plain, failure=refused),
        _golden(8, 703, plain, uncached=14, output=5, answer=[_text("French.")], attempt=1),
        _golden(9, 760, plain, uncached=14, output=64, stop_reason="max_tokens",
                answer=[_text("It is French, which is spoken in")]),
        _golden(10, 800, search, uncached=2_300, output=210, web_searches=2, stream=True,
                answer=[_text("The fair is on Saturday.")]),
        # the same prompt and the same counts as number 9, two seconds apart: both were billed
        _golden(11, 762, plain, uncached=14, output=64, stop_reason="max_tokens",
                answer=[_text("It is French, which is spoken in")]),
    ]  # fmt: skip


def _golden(number: int, seconds: int, request: Json, **facts: object) -> Golden:
    start_us = NOON_US + seconds * _SECOND_US + number * 1_000
    model = str(request["model"])
    merged: dict[str, object] = {
        "model": model,
        "start_us": start_us,
        "first_us": start_us + 400_000,
        "end_us": start_us + 2_500_000,
        "request": request | ({"stream": True} if facts.get("stream") else {}),
        **facts,
    }
    return Golden(number=number, **merged)  # type: ignore[arg-type] # facts are fields by name


def _text(words: str) -> Json:
    return {"type": "text", "text": words}


def _marked(words: str, ttl: str) -> Json:
    return {"type": "text", "text": words, "cache_control": {"type": "ephemeral", "ttl": ttl}}


def _user(words: str) -> Json:
    return {"role": "user", "content": [_text(f"{words} ({CANARY})")]}


def _assistant(*blocks: Json) -> Json:
    return {"role": "assistant", "content": list(blocks)}


def _with_mark(turn: Json) -> Json:
    blocks = turn["content"]
    assert isinstance(blocks, list)  # noqa: S101 - narrows what _user and _conversation made
    last = {**blocks[-1], "cache_control": {"type": "ephemeral"}}
    return {**turn, "content": [*blocks[:-1], last]}
