"""What the cache tests share: the kernel in the oracle's shape, and random worlds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import strategies as st

from analyzer.simulators.cache_kernel import CacheEvents, Trie, replay_cache
from tests.simulators.cache_oracle import Bill, Block, Mark, Oracle, OracleRequest, Section

Replay = Callable[[list[OracleRequest]], list[Bill]]
Pick = Callable[[int, int], int]
"""Choose an integer between two bounds, both included; the low one is the plain choice."""
SECTIONS: tuple[Section, ...] = ("tools", "system", "messages")
NEVER_READ = -(10**12)
"""Stands where a tokenizer map has no count for a node, so that a stray read shows."""
MICROSECONDS = 1_000_000


@pytest.fixture(scope="session")
def kernel_replay() -> Replay:
    """The compiled kernel, taking and giving what the oracle takes and gives."""
    return _kernel_replay


@pytest.fixture(scope="session")
def seeded_world() -> Callable[[int, int], list[OracleRequest]]:
    """A random world of `size` requests from a seed."""

    def make(seed: int, size: int) -> list[OracleRequest]:
        generator = np.random.default_rng(seed)
        return _world(lambda low, high: int(generator.integers(low, high + 1)), size)

    return make


@pytest.fixture(scope="session")
def worlds() -> st.SearchStrategy[list[OracleRequest]]:
    """Random worlds that hypothesis can shrink."""

    @st.composite
    def build(draw: st.DrawFn) -> list[OracleRequest]:
        return _world(lambda low, high: draw(st.integers(low, high)), draw(st.integers(1, 25)))

    return build()


def _kernel_replay(requests: list[OracleRequest]) -> list[Bill]:
    order = sorted(range(len(requests)), key=lambda index: requests[index].start_us)
    builder = TrieBuilder()
    leaves = [builder.add(requests[index]) for index in order]
    billed = replay_cache(builder.trie(), _events([requests[index] for index in order], leaves))
    bills: dict[int, Bill] = {
        index: (read, write_5m, write_1h, uncached)
        for index, (read, write_5m, write_1h, uncached) in zip(order, billed.tolist(), strict=True)
    }
    return [bills[index] for index in range(len(requests))]


@dataclass(frozen=True, slots=True)
class _Path:
    """A request's nodes, one a block, and the tokenizer map its counts stand in."""

    nodes: list[int]
    row: int

    def node(self, mark: Mark | None) -> int:
        return -1 if mark is None else self.nodes[mark.block]


class TrieBuilder:
    """Merges explicit prompts into one trie; counts that differ for a node open another row."""

    def __init__(self) -> None:
        self._children: dict[tuple[int, int], int] = {}
        self._nodes: list[tuple[int, int, int]] = []
        self._rows: list[dict[int, int]] = []

    def add(self, request: OracleRequest) -> _Path:
        """Add one prompt and its answer."""
        nodes: list[int] = []
        node = -1
        request = replace(request, blocks=request.blocks + request.answer)
        places = Oracle().positions(request)
        for block, place in zip(request.blocks, places, strict=True):
            parent, node = node, self._children.setdefault((node, block.identity), len(self._nodes))
            if node == len(self._nodes):
                self._nodes.append((parent, place, SECTIONS.index(block.section)))
            nodes.append(node)
        return _Path(nodes, self._row(nodes, request))

    def trie(self) -> Trie:
        """Give everything added so far."""
        table = np.array(self._nodes, dtype=np.int64).reshape(-1, 3)
        tokens = np.full((max(1, len(self._rows)), len(self._nodes)), NEVER_READ, dtype=np.int64)
        for row, counts in enumerate(self._rows):
            tokens[row, list(counts)] = list(counts.values())
        return Trie(
            parent=table[:, 0].astype(np.int32),
            position=table[:, 1].astype(np.int32),
            section=table[:, 2].astype(np.int8),
            tokens=tokens,
        )

    def _row(self, nodes: list[int], request: OracleRequest) -> int:
        counts = {node: request.prefix_tokens(index) for index, node in enumerate(nodes)}
        for row, known in enumerate(self._rows):
            if all(known.get(node, count) == count for node, count in counts.items()):
                known.update(counts)
                return row
        self._rows.append(counts)
        return len(self._rows) - 1


def _events(requests: list[OracleRequest], paths: list[_Path]) -> CacheEvents:
    contexts = {key: place for place, key in enumerate(dict.fromkeys(map(_context, requests)))}
    marks = np.full((len(requests), 4), -1, dtype=np.int32)
    ttl_s = np.zeros((len(requests), 4), dtype=np.int32)
    for row, (request, path) in enumerate(zip(requests, paths, strict=True)):
        for column, mark in enumerate(request.marks):
            marks[row, column], ttl_s[row, column] = path.node(mark), mark.ttl_s
    return CacheEvents(
        time_us=np.array([r.start_us for r in requests], dtype=np.int64),
        ready_us=np.array([r.ready_us for r in requests], dtype=np.int64),
        context=np.array([contexts[_context(r)] for r in requests], dtype=np.int32),
        system_params=np.array([r.system_params for r in requests], dtype=np.int32),
        message_params=np.array([r.message_params for r in requests], dtype=np.int32),
        row=np.array([path.row for path in paths], dtype=np.int32),
        prompt=np.array([r.prefix_tokens(len(r.blocks) - 1) for r in requests], dtype=np.int64),
        minimum=np.array([r.minimum for r in requests], dtype=np.int64),
        breakpoints=marks,
        ttl_s=ttl_s,
        seed=np.array([p.node(r.seed) for r, p in zip(requests, paths, strict=True)], np.int32),
        loop=np.array(
            [
                -1 if r.loop is None else p.nodes[r.loop]
                for r, p in zip(requests, paths, strict=True)
            ],
            np.int32,
        ),
        seed_ttl_s=np.array([r.seed.ttl_s if r.seed else 0 for r in requests], dtype=np.int32),
    )


def _context(request: OracleRequest) -> tuple[int, int, int]:
    return request.scope, request.model, request.speed


def _world(pick: Pick, size: int) -> list[OracleRequest]:
    """Make requests of interleaved conversations that share prefixes, in no order of time."""
    world = _World(pick)
    return [world.request() for _ in range(size)]


GAPS_US = (
    *(seconds * MICROSECONDS for seconds in (1, 0, 7, 45, 200, 1500)),
    *(life * MICROSECONDS + off for life in (300, 3600) for off in (-1, 0, 1)),
)
READY_S = (2, 0, 1, 20, 400)
MINIMUMS = (0, 512, 1024, 2048, 4096)
TTLS_S = (300, 3600)
LONGEST_CHAIN = 110
MOST_CHAINS = 8


class _World:
    """Conversations over shared tools and system prompts; every choice goes through `pick`."""

    def __init__(self, pick: Pick) -> None:
        self.pick = pick
        self.made = 0
        openings = [self._blocks("tools", "tool", 2), self._blocks("tools", "tool", 23)]
        systems = [self._blocks("system", "text", 1), self._blocks("system", "text", 3)]
        self.heads = [tools + system for tools in openings for system in systems]
        self.minimums = [MINIMUMS[pick(0, 4)], MINIMUMS[pick(0, 4)]]
        self.chains = [self._opening(0)]

    def request(self) -> OracleRequest:
        """Carry one conversation on by one request."""
        index = self._choose_chain()
        before = self.chains[index]
        blocks = before.blocks + self._growth()
        start = self._start(before)
        ready = start + READY_S[self.pick(0, 4)] * MICROSECONDS
        marks = self._marks(blocks, len(before.blocks) - 1)
        model = before.model ^ self._rarely(12)
        after = OracleRequest(
            start_us=start,
            ready_us=ready,
            blocks=blocks,
            marks=marks,
            scope=before.scope ^ self._rarely(15),
            model=model,
            speed=before.speed ^ self._rarely(15),
            system_params=before.system_params ^ self._rarely(10),
            message_params=before.message_params ^ self._rarely(6),
            seed=self._seed(blocks, marks) if self._rarely(8) else None,
        )
        answer = self._growth() if self._rarely(6) else ()
        self.chains[index] = replace(after, blocks=blocks + answer)
        if answer:
            loop = len(blocks) + self.pick(0, len(answer) - 1)
            after = replace(after, answer=answer, loop=loop)
        counted = _counted_by(after, model)
        return replace(counted, minimum=self._minimum(counted))

    def _rarely(self, one_in: int) -> int:
        return int(self.pick(0, one_in - 1) == one_in - 1)

    def _blocks(self, section: Section, kind: str, count: int) -> tuple[Block, ...]:
        first = self.made
        self.made += count
        return tuple(Block(i, section, kind, _tokens(i)) for i in range(first, self.made))

    def _opening(self, when_us: int) -> OracleRequest:
        """Start a conversation that has said nothing yet."""
        return OracleRequest(start_us=when_us, ready_us=when_us, blocks=self.heads[self.pick(0, 3)])

    def _choose_chain(self) -> int:
        """Carry on (mostly), fork, or open a conversation; give its place."""
        action, index = self.pick(0, 9), self.pick(0, len(self.chains) - 1)
        chain = self.chains[index]
        if action == 9 or len(chain.blocks) > LONGEST_CHAIN:
            chain = self._opening(chain.start_us)
        elif action >= 7:
            chain = replace(chain, blocks=chain.blocks[: self.pick(1, len(chain.blocks))])
        else:
            return index
        if len(self.chains) == MOST_CHAINS:
            self.chains[index] = chain
            return index
        self.chains.append(chain)
        return len(self.chains) - 1

    def _growth(self) -> tuple[Block, ...]:
        """Add a turn: text, tool calls and their results; now and then more than a window of it."""
        length = (1, 0, 2, 4, 7, 19, 20, 21, 30)[self.pick(0, 8)]
        blocks: tuple[Block, ...] = ()
        while len(blocks) < length:
            calls = self.pick(0, 5)
            blocks += self._blocks("messages", "text", 1 if calls < 2 else 0)
            blocks += self._blocks("messages", "tool_use", calls)
            blocks += self._blocks("messages", "tool_result", calls)
        return blocks

    def _start(self, before: OracleRequest) -> int:
        """Start some time after the last request, or about when its answer began."""
        gap = self.pick(0, len(GAPS_US))
        if gap == len(GAPS_US):
            return max(before.start_us, before.ready_us + self.pick(-1, 1))
        return before.start_us + GAPS_US[gap]

    def _marks(self, blocks: tuple[Block, ...], previous_leaf: int) -> tuple[Mark, ...]:
        """Place up to four marks where clients do, or anywhere; 1h before 5m but for a few."""
        leaf = len(blocks) - 1
        ends = [
            max((i for i, b in enumerate(blocks) if b.section == section), default=leaf)
            for section in SECTIONS
        ]
        places = (
            [leaf],
            [ends[1], leaf],
            [*ends[:2], min(previous_leaf, leaf), leaf],
            [self.pick(0, leaf) for _ in range(self.pick(1, 4))],
            [self.pick(0, leaf), leaf],
            [],
        )[self.pick(0, 5)]
        hours = self.pick(0, 4)
        lives = [3600] * hours + [300] * 4
        if self._rarely(12):
            lives = [TTLS_S[self.pick(0, 1)] for _ in range(4)]
        return tuple(Mark(p, ttl) for p, ttl in zip(sorted(set(places)), lives, strict=False))

    def _seed(self, blocks: tuple[Block, ...], marks: tuple[Mark, ...]) -> Mark:
        """Prove an entry at one of the marks, or anywhere."""
        places = [mark.block for mark in marks] or [0]
        if self.pick(0, 1):
            places = [self.pick(0, len(blocks) - 1)]
        return Mark(places[self.pick(0, len(places) - 1)], TTLS_S[self.pick(0, 1)])

    def _minimum(self, request: OracleRequest) -> int:
        """Take the model's minimum; now and then another day's, or one that a mark just meets."""
        if request.marks and self._rarely(10):
            mark = request.marks[self.pick(0, len(request.marks) - 1)]
            return request.prefix_tokens(mark.block) + self.pick(0, 1)
        return MINIMUMS[self.pick(0, 4)] if self._rarely(8) else self.minimums[request.model]


def _tokens(identity: int) -> int:
    """Spread sizes over 0-399, a few of them empty, without spending a choice on each."""
    return 0 if identity % 19 == 5 else identity * 7919 % 400


def _counted_by(request: OracleRequest, model: int) -> OracleRequest:
    """Give the prompt as the model's tokenizer counts it: model 1 counts three tenths more."""
    blocks, answer = (
        tuple(replace(b, tokens=b.tokens * (10 + 3 * model) // 10) for b in part)
        for part in (request.blocks, request.answer)
    )
    return replace(request, blocks=blocks, answer=answer)
