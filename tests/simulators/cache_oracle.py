"""A slow, readable replay of the vendor's prompt-cache billing, from explicit lists of blocks.

It shares nothing with the kernel it checks: no trie, no arrays, no node ids. An entry is looked up
by the whole tuple of block identities before it. Each rule is one small method, so that a test can
break exactly one. The rules and their sources stand in `docs/cache-rules.md`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

Section = Literal["tools", "system", "messages"]
Bill = tuple[int, int, int, int]
"""Tokens (read, write_5m, write_1h, uncached)."""
Key = tuple[object, ...]

MICROSECONDS = 1_000_000
RUNS = ("tool_use", "tool_result")
NO_HIT = -1


@dataclass(frozen=True, slots=True)
class Block:
    """One prompt block; equal identities are equal content."""

    identity: int
    section: Section
    kind: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A cache mark on a block (its index in the prompt) and the life it asks for."""

    block: int
    ttl_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleRequest:
    """One request with everything the rules look at."""

    start_us: int
    ready_us: int
    blocks: tuple[Block, ...]
    marks: tuple[Mark, ...] = ()
    minimum: int = 0
    scope: int = 0
    model: int = 0
    speed: int = 0
    system_params: int = 0
    message_params: int = 0
    seed: Mark | None = None
    answer: tuple[Block, ...] = ()
    """What came back."""
    loop: int | None = None
    """The last result of the server's own tools, as its index in prompt and answer together."""

    def prefix_tokens(self, last: int) -> int:
        """Tokens of the prompt up to and including block `last`; none for `NO_HIT`."""
        return sum(block.tokens for block in self.blocks[: last + 1])


@dataclass(slots=True)
class Entry:
    """A cached prefix."""

    readable_us: int
    expires_us: int
    ttl_s: int


def replay(requests: list[OracleRequest]) -> list[Bill]:
    """Bill requests in time order (ties as listed); the answers stand in the order given."""
    return Oracle().replay(requests)


class Oracle:
    """The cache of every scope and model, from empty."""

    lookback: ClassVar[int] = 20
    """Positions inspected at a mark, its own among them."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}

    def replay(self, requests: list[OracleRequest]) -> list[Bill]:
        """Bill requests in time order (ties as listed); the answers stand in the order given."""
        order = sorted(range(len(requests)), key=lambda index: requests[index].start_us)
        bills = {index: self.bill(requests[index]) for index in order}
        return [bills[index] for index in range(len(requests))]

    def bill(self, request: OracleRequest) -> Bill:
        """Look up, refresh, write and split one request's prompt."""
        total = request.prefix_tokens(len(request.blocks) - 1)
        if not request.marks:
            return 0, 0, 0, total
        self.plant_seed(request)
        hit = max((i for i in self.candidates(request) if self.is_hit(request, i)), default=NO_HIT)
        self.refresh(request, hit)
        deeper = [m for m in request.marks if m.block > hit and self.is_long(request, m.block)]
        for mark in deeper:
            self.write(request, mark)
        self.write_loop(request)
        read = request.prefix_tokens(hit)
        hour = max(
            (request.prefix_tokens(m.block) for m in deeper if m.ttl_s == 3600), default=read
        )
        last = max((request.prefix_tokens(m.block) for m in deeper), default=read)
        return read, last - hour, hour - read, total - last

    def key(self, request: OracleRequest, last: int) -> Key:
        """Name the entry that ends at block `last`: prefix, context, what invalidates it."""
        section = request.blocks[last].section
        return (
            self.context(request),
            tuple(block.identity for block in request.blocks[: last + 1]),
            request.system_params if section != "tools" else None,
            request.message_params if section == "messages" else None,
        )

    def context(self, request: OracleRequest) -> Key:
        """Say who shares entries with whom."""
        return request.scope, request.model, request.speed

    def positions(self, request: OracleRequest) -> list[int]:
        """Count each block's place; a run of tool_use, or of tool_result, in messages is one."""
        places: list[int] = []
        before: Block | None = None
        for block in request.blocks:
            place = places[-1] if places else 0
            places.append(place if self.same_run(before, block) else place + 1)
            before = block
        return places

    def same_run(self, before: Block | None, block: Block) -> bool:
        """Say whether two neighbours count as one place."""
        return (
            before is not None
            and before.section == block.section == "messages"
            and before.kind == block.kind
            and block.kind in RUNS
        )

    def candidates(self, request: OracleRequest) -> Iterator[int]:
        """Give the blocks inspected: from each mark back over the lookback."""
        places = self.positions(request)
        for mark in request.marks:
            for index in range(mark.block + 1):
                if places[mark.block] - places[index] < self.lookback:
                    yield index

    def is_hit(self, request: OracleRequest, last: int) -> bool:
        """Say whether a live entry that may be read ends at block `last`."""
        return self.is_long(request, last) and self.live(request, last) is not None

    def is_long(self, request: OracleRequest, last: int) -> bool:
        """Say whether the prefix reaches the minimum for this request."""
        return request.prefix_tokens(last) >= request.minimum

    def live(self, request: OracleRequest, last: int) -> Entry | None:
        """Find the entry ending at block `last` that is readable and not expired now."""
        entry = self.entries.get(self.key(request, last))
        if entry and entry.readable_us <= request.start_us < entry.expires_us:
            return entry
        return None

    def refresh(self, request: OracleRequest, hit: int) -> None:
        """Restart the clock of the entry read, and of marked live entries that it covers."""
        for index in {hit, *self.covered(request, hit)} - {NO_HIT}:
            entry = self.live(request, index)
            if entry:
                renewed = request.start_us + entry.ttl_s * MICROSECONDS
                entry.expires_us = max(entry.expires_us, renewed)

    def covered(self, request: OracleRequest, hit: int) -> list[int]:
        """Give the request's own marks before the hit that are long enough to be read."""
        return [m.block for m in request.marks if m.block < hit and self.is_long(request, m.block)]

    def write(self, request: OracleRequest, mark: Mark) -> None:
        """Put an entry at a mark; one that has not expired there is merged, never shortened."""
        key = self.key(request, mark.block)
        old = self.entries.get(key)
        new = Entry(request.ready_us, self.expiry(request, mark.ttl_s), mark.ttl_s)
        if old and request.start_us < old.expires_us:
            new.readable_us = min(old.readable_us, new.readable_us)
            new.ttl_s = max(old.ttl_s, new.ttl_s)
            new.expires_us = max(old.expires_us, self.expiry(request, new.ttl_s))
        self.entries[key] = new

    def write_loop(self, request: OracleRequest) -> None:
        """Put an entry of 5 minutes at the last result of the server's own tools."""
        if request.loop is not None:
            whole = replace(request, blocks=request.blocks + request.answer)
            if self.is_long(whole, request.loop):
                self.write(whole, Mark(request.loop, 300))

    def expiry(self, request: OracleRequest, ttl_s: int) -> int:
        """Say when a life granted by this request ends: counted from its start."""
        return request.start_us + ttl_s * MICROSECONDS

    def plant_seed(self, request: OracleRequest) -> None:
        """Put in the entry that the bill proves, unless it lives already."""
        seed = request.seed
        if seed and self.live(request, seed.block) is None:
            entry = Entry(request.start_us, self.expiry(request, seed.ttl_s), seed.ttl_s)
            self.entries[self.key(request, seed.block)] = entry
