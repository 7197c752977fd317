"""One call over the Messages API before it is billed, and who made it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from generator.seeded import Random

Json = dict[str, object]

ORGANISATION = "example-corp-synthetic"
"""Stands on every line of a capture, so that a line on its own still says what it is."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The program that calls: its key, and the names it gives or leaves out."""

    workspace: str
    key: str
    app: str
    workload: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    geo: Literal["global", "us"] = "global"


@dataclass(frozen=True, slots=True)
class Failure:
    """An HTTP error instead of an answer; nothing is billed."""

    status: int
    kind: str
    message: str


RATE_LIMITED = Failure(429, "rate_limit_error", "synthetic: too many requests, try again")
OVERLOADED = Failure(529, "overloaded_error", "synthetic: overloaded")
INVALID = Failure(400, "invalid_request_error", "synthetic: max_tokens must be positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer."""

    name: str
    """Unique; message and request ids are made from it."""
    caller: Caller
    request: Json
    start_ms: int
    first_ms: int
    end_ms: int
    answer: str = ""
    output_tokens: int = 0
    stop_reason: str = "end_turn"
    attempt: int = 0
    failure: Failure | None = None
    batch: str | None = None
    """Id of the message batch; the call is then billed at the batch tier."""
    searches: int = 0
    cut: bool = False
    """The stream broke before its last usage line: the log never learns the output."""
    logged: bool = True
    """False for a call that the vendor bills and the recorder did not see."""

    @property
    def model(self) -> str:
        """The model asked for and served."""
        return str(self.request["model"])

    @property
    def speed(self) -> str:
        """Standard unless the request buys fast mode."""
        return str(self.request.get("speed", "standard"))

    @property
    def stream(self) -> bool:
        """Whether the answer came as server-sent events."""
        return self.request.get("stream") is True


def timed(
    start_ms: int, output_tokens: int, first_s: float, tokens_per_s: float
) -> tuple[int, int]:
    """Give first-byte and end time of an answer."""
    first_ms = start_ms + round(first_s * 1000)
    return first_ms, first_ms + round(output_tokens / tokens_per_s * 1000)


def tokens_to_text(tokens: int) -> int:
    """Give the length in characters of an answer of so many tokens (3.7 each, as they are read)."""
    return max(1, tokens * 37 // 10)


def unlogged(calls: Iterable[Exchange], random: Random, share: float = 0.015) -> list[Exchange]:
    """Hide a share of the calls from the log; the vendor still bills them."""
    return [
        replace(call, logged=False) if random.random() < share and not call.failure else call
        for call in calls
    ]


def with_retries(calls: Iterable[Exchange], random: Random, share: float) -> list[Exchange]:
    """Let a share of the calls be turned away once and succeed on a second attempt."""
    result: list[Exchange] = []
    for call in calls:
        if random.random() >= share:
            result.append(call)
            continue
        refused_ms = call.start_ms + 80 + int(random.random() * 60)
        result.append(_failed(call, RATE_LIMITED, refused_ms))
        shift_ms = 900 + int(random.random() * 1500)
        result.append(
            replace(
                call,
                attempt=1,
                start_ms=call.start_ms + shift_ms,
                first_ms=call.first_ms + shift_ms,
                end_ms=call.end_ms + shift_ms,
            )
        )
    return result


def failing(call: Exchange, failure: Failure) -> Exchange:
    """Turn a call into one that ended in an error."""
    return _failed(call, failure, call.start_ms + 150)


def _failed(call: Exchange, failure: Failure, end_ms: int) -> Exchange:
    return replace(
        call, name=f"{call.name}_refused", failure=failure, first_ms=end_ms, end_ms=end_ms,
        answer="", output_tokens=0,
    )  # fmt: skip
