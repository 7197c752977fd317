"""Small logs written by hand: calls with real prompt chains, in a store of their own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from analyzer.billing import bill, total
from analyzer.intake import Batch, FileCount
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.prompts import ChainBuilder, Hasher
from analyzer.replay import Scene, simulate
from analyzer.savings import Question, Study, prepare
from analyzer.store import Store
from analyzer.trace import Call, Prompt, Section, Tokens, Visibility

KEY = b"a key for tests"
NOON_US = int(datetime(2026, 10, 20, 12, tzinfo=UTC).timestamp()) * 1_000_000
"""Second 0 of every log."""
SECOND_US = 1_000_000
TEN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Block:
    """A prompt block that is worth `weight` tokens where the bill is the sum of the weights.

    Tokens are spread by characters plus one, so its text has one character less.
    """

    name: str
    weight: int
    section: Section = "messages"
    by: str | None = None
    """Message id of the call that wrote it."""
    ttl: str | None = None

    def content(self) -> dict[str, object]:
        """The block as an API request carries it."""
        text = self.name.ljust(self.weight - 1, ".")[: self.weight - 1]
        mark = {} if self.ttl is None else {"cache_control": {"ttl": self.ttl}}
        return {"type": "text", "text": text, **mark}


class Log:
    """Calls of one log, each told by what matters in its test."""

    def __init__(self, hasher: Hasher | None = None) -> None:
        self.calls: list[Call] = []
        self._hasher = hasher or Hasher(KEY)

    def call(
        self,
        at_s: int | None,
        prompt: Iterable[Block] = (),
        tokens: Tokens | None = None,
        visibility: Visibility = "full",
        **fields: Any,
    ) -> Call:
        """Add a Haiku 4.5 call of ten seconds; by default its whole prompt is billed uncached."""
        number = len(self.calls) + 1
        blocks = list(prompt)
        chain = ChainBuilder(self._hasher)
        system_end = None
        for block in blocks:
            chain.add(block.section, "user", block.content(), block.by)
            system_end = system_end if block.section == "messages" else chain.leaf
        start = None if at_s is None else NOON_US + at_s * SECOND_US
        told = {
            "line": number,
            "line_sha256": sha256(f"line {number}".encode()).digest(),
            "message_id": f"m{number}",
            "model": "claude-haiku-4-5",
            "start_us": start,
            "end_us": None if start is None else start + TEN_SECONDS * SECOND_US,
            "tier": "standard",
            "stop_reason": "end_turn",
            "workspace": "one",
            "tokens": tokens or Tokens(uncached=sum(block.weight for block in blocks), output=0),
            "prompt": Prompt(
                visibility="none" if not blocks else visibility,
                leaf=chain.leaf,
                system_end=None if visibility == "messages_only" else system_end,
                breakpoints=tuple(chain.breakpoints),
            ),
            "nodes": tuple(chain.nodes),
        }
        self.calls.append(Call(**{**told, **fields}))
        return self.calls[-1]


@contextmanager
def store_of(*files: Iterable[Call]) -> Iterator[Store]:
    """A store in memory that has read these files, one transaction each."""
    with Store.open(Path(":memory:"), create=True) as store:
        for calls in files:
            take(store, calls)
        yield store


def take(store: Store, calls: Iterable[Call]) -> None:
    """Read one more file; it is named by what it holds."""
    calls = list(calls)
    digest = sha256(b"".join(sorted(call.line_sha256 for call in calls))).hexdigest()
    batch, count = Batch(), FileCount(digest[:32])
    for call in calls:
        count.add(batch, call)
    count.close(batch, ("test", "calls", digest, 0, 0, 0))
    with store.transaction():
        store.take(batch)


def study_of(calls: Iterable[Call], policy: Policy | None = None, **question: Any) -> Study:
    """What `prepare` makes of one file of calls under a policy."""
    with store_of(calls) as store:
        asked = Question(policy=policy or Policy.observed(), **question)
        return prepare(store, Book.load(), asked, lambda _text: None)


@dataclass(frozen=True, slots=True)
class Event:
    """What a test says of one replayed event."""

    request: int
    reason: str
    model: str
    tier: str
    uncached: int
    read: int
    write_5m: int
    write_1h: int
    output: int


def events_of(scene: Scene, policy: Policy, seed: int = 1) -> list[Event]:
    """The replayed events in (request, ordinal) order."""
    return [
        Event(**{name: row[name] for name in Event.__slots__})
        for row in simulate(scene, policy, seed).sort("request", "ordinal").iter_rows(named=True)
    ]


def cost_of(scene: Scene, policy: Policy, seed: int = 1) -> int:
    """Pico-dollars of one replay."""
    return total(bill(simulate(scene, policy, seed), scene.basis))
