"""The cheapest that each trie edge could have cost, over all its touches, with perfect foresight.

An edge is the tokens between a prompt block and the one before it. Each call whose prompt holds the
edge touches it. What the edge can be afterwards is dead, live for 5 minutes or live for an hour, so
three numbers an edge are a whole exact program, carried forward touch by touch: the least paid so
far for each of the three. Every rule that ties edges to each other is dropped, which can only lower
the sum. `docs/bound.md` lists what is dropped and proves the bound.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer.compiled import compiled
from analyzer.traffic.trie import Int8s, Int32s, Int64s

FIVE_MINUTES_US = 300_000_000
ONE_HOUR_US = 3_600_000_000
ABSENT = -1
"""A price of a cell that a call does not have."""
_NEVER = 1 << 61
_SHORT, _LONG = 1, 2
_U, _R, _W5, _W1 = range(4)
_BATCH, _BATCH_PREFIX = 4, 5
_PING, _WARM_5M, _WARM_1H = 4, 5, 6


@dataclass(frozen=True, slots=True)
class Edges:
    """The trie with its token counts in every lane (a lane is a tokenizer ratio)."""

    parent: Int32s
    level: Int8s
    """Section whose parameters an entry for this edge must at least carry."""
    tokens: Int64s
    """Cumulative tokens; shape (lanes, families, nodes). Lane 0 counts as the caller does."""


@dataclass(frozen=True, slots=True)
class Touches:
    """Calls with prompt structure; n rows."""

    start_us: Int64s
    clock_us: Int64s
    family: Int32s
    leaf: Int32s
    system_end: Int32s
    seed: Int32s
    marks: Int32s
    lives: Int32s
    prompt: Int64s
    """Shape (n, lanes)."""
    minimum: Int64s
    """Shape (n, lanes)."""
    prices: Int64s
    """Least pico-dollars a token: plain, read, write 5m, write 1h, batch, batch prefix; shape
    (n, lanes, 6), `ABSENT` where no feasible cell pays so."""
    group: Int32s
    """Row of `idle`."""
    idle: Int64s
    """Least pico-dollars a token of a ping, a 5m and a 1h pre-warm; shape (groups, lanes, 3)."""
    keys: tuple[Int32s, Int32s, Int32s]
    """Who shares entries in tools, in system, in messages."""


def least(edges: Edges, touches: Touches, *, free: bool) -> tuple[Int64s, Int64s]:
    """Give each call's part of the least input cost (pico-dollars), and its edited tokens.

    With `free`, marks, lives, pings and pre-warms are chosen; without, marks stay as observed.
    A call's part is what it adds to the least cost of its edges up to then: parts sum to the whole.
    """
    count, nodes = len(touches.start_us), len(edges.parent)
    cost, edited = np.zeros(count, np.int64), np.zeros(count, np.int64)
    lanes, depth = edges.tokens.shape[0], _deepest(edges.parent, np.empty(nodes, np.int32))
    for low, high in _passes(touches.keys):
        key = touches.keys[high]
        order = np.lexsort((np.arange(count), touches.start_us, key)).astype(np.int64)
        state = (
            np.full(nodes, -1, np.int32),
            np.zeros((nodes, 2), np.int64),
            np.zeros((nodes, 3), np.int64),
        )
        shared = np.full(count, -1, np.int32)
        _shared(edges.parent, (order, key, touches.leaf), np.full(nodes, -1, np.int32), shared)
        _run(
            (edges.parent, edges.level, edges.tokens),
            (order, key, touches.start_us, touches.clock_us, touches.family, touches.leaf),
            (touches.system_end, touches.seed, touches.marks, touches.lives),
            (touches.prompt, touches.minimum, touches.prices, touches.group, touches.idle),
            (np.empty((depth + 1, 4), np.int64), np.zeros((2, lanes), np.int64), state, shared),
            (low, high, free, cost, edited),
        )
    return cost, edited


def levels(parent: Int32s, section: Int8s) -> Int8s:
    """Give, for each node, the least section of any prefix that holds it."""
    found = section.copy()
    _levels(parent, found)
    return found


def _passes(keys: tuple[Int32s, Int32s, Int32s]) -> list[tuple[int, int]]:
    """Sections that share one key for every call are walked together."""
    sizes = [len(np.unique(key)) for key in keys]
    if sizes[0] == sizes[2]:
        return [(0, 2)]
    if sizes[0] == sizes[1]:
        return [(0, 1), (2, 2)]
    return [(0, 0), (1, 2)] if sizes[1] == sizes[2] else [(0, 0), (1, 1), (2, 2)]


@compiled
def _deepest(parent: Int32s, depth: Int32s) -> int:
    deepest = 0
    for node in range(len(parent)):
        above = parent[node]
        depth[node] = 1 if above < 0 else depth[above] + 1
        deepest = max(deepest, depth[node])
    return deepest


@compiled
def _levels(parent: Int32s, level: Int8s) -> None:
    for node in range(len(parent) - 1, -1, -1):
        above = parent[node]
        if above >= 0 and level[node] < level[above]:
            level[above] = level[node]


@compiled
def _shared(parent: Int32s, calls: Any, stamp: Int32s, shared: Int32s) -> None:
    """Give, for each call, the deepest block that a later call touches too; -1 for none."""
    order, key, leaf = calls
    for place in range(len(order) - 1, -1, -1):
        i = order[place]
        node = leaf[i]
        while node >= 0 and stamp[node] != key[i]:
            stamp[node] = key[i]
            node = parent[node]
        shared[i] = node


@compiled
def _run(trie: Any, calls: Any, places: Any, money: Any, scratch: Any, task: Any) -> None:
    order, key, start, clock, family, leaf = calls
    path, lane, state, shared = scratch
    low, high, free, cost, edited = task
    for i in order:
        depth = _walk(trie, (family[i], leaf[i]), (places, i), money[0][i, 0], path)
        if not _reaches(trie, (family[i], path, depth), (money, i)):
            if low == 0:
                cost[i] += _tail((money, i), lane, (True,))
            continue
        lane[:] = 0
        for d in range(depth - 1, -1, -1):
            node = path[d, 0]
            _weigh(trie[2], family[i], node, money[0][i], lane)
            if not low <= trie[1][node] <= high:
                continue
            prices = _prices((money, i), lane[1], (node <= places[0][i],))
            touch = (
                node,
                key[i],
                start[i],
                clock[i],
                path[d, 1],
                path[d, 2],
                node < shared[i],
                free,
            )
            if path[d, 3]:
                cost[i] += _step(state, touch, prices)
            else:
                cost[i] += prices[1]
                edited[i] += lane[1, 0]
                _warm(state, touch)
        if low == 0:
            cost[i] += _tail((money, i), lane, (False,))


@compiled
def _walk(trie: Any, end: Any, place: Any, prompt: int, path: Any) -> int:
    """Fill in a call's path, leaf first: node, mark class, seeded, regular; give its length."""
    parent, _level, tokens = trie
    (_system, seeds, marks, lives), i = place
    family, node = end
    depth, kind, seeded, lowest = 0, 0, 0, prompt
    while node >= 0:
        for b in range(4):
            if marks[i, b] == node:
                kind = max(kind, _LONG if lives[i, b] * 1_000_000 == ONE_HOUR_US else _SHORT)
        if seeds[i] == node:
            seeded = _LONG if lives[i, 0] * 1_000_000 == ONE_HOUR_US else _SHORT
        count = tokens[0, family, node]
        path[depth, 0], path[depth, 1], path[depth, 2] = node, kind, seeded
        path[depth, 3] = 1 if count <= lowest else 0
        lowest = min(lowest, count)
        depth += 1
        node = parent[node]
    highest = 0
    for d in range(depth - 1, -1, -1):
        count = tokens[0, family, path[d, 0]]
        if count < highest:
            path[d, 3] = 0
        highest = max(highest, count)
    return depth


@compiled
def _reaches(trie: Any, walked: Any, priced: Any) -> bool:
    """Whether any prefix of a prompt is long enough to be cached in any live cell."""
    family, path, depth = walked
    (_prompt, minimum, prices, _group, _idle), i = priced
    for k in range(minimum.shape[1]):
        if prices[i, k, _U] < 0:
            continue
        for d in range(depth):
            if trie[2][k, family, path[d, 0]] >= minimum[i, k]:
                return True
    return False


@compiled
def _weigh(tokens: Any, family: int, node: int, prompt: Any, lane: Any) -> None:
    """Move down to a node: lane[0] is the tokens up to it, lane[1] those it adds."""
    for k in range(lane.shape[1]):
        ends = max(lane[0, k], min(tokens[k, family, node], prompt[k]))
        lane[1, k] = ends - lane[0, k]
        lane[0, k] = ends


@compiled
def _prices(priced: Any, weight: Any, place: Any) -> Any:
    """Least cost of an edge: plain, read, write 5m, write 1h, ping, pre-warm 5m, pre-warm 1h."""
    (_prompt, _minimum, prices, group, idle), i = priced
    prefix = place[0]
    plain, read, short, long = _NEVER, _NEVER, _NEVER, _NEVER
    ping, warm, hot = _NEVER, _NEVER, _NEVER
    for k in range(len(weight)):
        size = weight[k]
        if prices[i, k, _U] >= 0:
            plain = min(plain, prices[i, k, _U] * size)
            read = min(read, prices[i, k, _R] * size)
            short = min(short, prices[i, k, _W5] * size)
            long = min(long, prices[i, k, _W1] * size)
        batch = prices[i, k, _BATCH_PREFIX if prefix else _BATCH]
        if batch >= 0:
            plain = min(plain, batch * size)
            read = min(read, batch * size)
        if idle[group[i], k, 0] >= 0:
            ping = min(ping, idle[group[i], k, 0] * size)
            warm = min(warm, idle[group[i], k, 1] * size)
            hot = min(hot, idle[group[i], k, 2] * size)
    return plain, read, short, long, ping, warm, hot


@compiled
def _tail(priced: Any, lane: Any, asked: Any) -> int:
    """Cost of the tokens behind the last block, which no mark can reach; or of the whole prompt."""
    (prompt, _minimum, prices, _group, _idle), i = priced
    whole = asked[0]
    best = _NEVER
    for k in range(lane.shape[1]):
        size = prompt[i, k] if whole else prompt[i, k] - lane[0, k]
        if prices[i, k, _U] >= 0:
            best = min(best, prices[i, k, _U] * size)
        if prices[i, k, _BATCH] >= 0:
            best = min(best, prices[i, k, _BATCH] * size)
    return best


@compiled
def _open(state: Any, node: int, key: int) -> None:
    """Start an edge anew for calls that share nothing with those before."""
    stamp, times, value = state
    if stamp[node] != key:
        stamp[node] = key
        times[node, 0] = 0
        times[node, 1] = _NEVER
        value[node, 0] = 0
        value[node, 1] = _NEVER
        value[node, 2] = _NEVER


@compiled
def _warm(state: Any, touch: Any) -> None:
    """A call with an edited history leaves the edge live for an hour, at no cost."""
    node, key, _now, clock, _kind, _seeded, _lasts, _free = touch
    _stamp, times, value = state
    _open(state, node, key)
    value[node, 2] = 0
    times[node, 0] = max(times[node, 0], clock)


@compiled
def _arrive(entry: Any, now: int, paid: int, ping: int) -> int:
    """Give what was paid when an edge is met live, with the pings that carried it over the gap.

    A ping in the last microsecond of a life gives one more, of the same length.
    """
    since, life = entry
    if paid >= _NEVER or now < since + life:
        return int(paid)
    if ping >= _NEVER:
        return _NEVER
    return int(paid + ((now - since - life) // (life - 1) + 1) * ping)


@compiled
def _step(state: Any, touch: Any, prices: Any) -> int:
    """Carry one edge over one touch; give what the least cost rose by."""
    node, key, _now, clock, kind, _seeded, _lasts, free = touch
    _stamp, times, value = state
    _open(state, node, key)
    if not free and kind == 0:
        for s in range(3):
            value[node, s] = min(value[node, s] + prices[_U], _NEVER)
        return int(_settle(value, node))
    times[node, 1] = min(prices[_PING], times[node, 1]) if free else _NEVER
    read_5m, read_1h = _met(state, touch, prices)
    made_5m, made_1h = _made(touch, prices)
    value[node, 0] = prices[_U]
    value[node, 1] = min(read_5m, made_5m)
    value[node, 2] = min(read_1h, made_1h)
    times[node, 0] = max(times[node, 0], clock)
    return int(_settle(value, node))


@compiled
def _met(state: Any, touch: Any, prices: Any) -> Any:
    """Least paid where the edge is found live and read: it then lives for 5 minutes, an hour."""
    node, _key, now, _clock, kind, seeded, lasts, free = touch
    _stamp, times, value = state
    since, ping = times[node]
    paid_5m = _arrive((since, FIVE_MINUTES_US), now, value[node, 1], ping)
    paid_1h = _arrive((since, ONE_HOUR_US), now, value[node, 2], ping)
    # A mark further down gives an hour to all that stands before it, for calls that share it.
    grows = lasts if free else kind == _LONG
    # What the bill proves is live for this call, with the life that the policy's first mark asks.
    if seeded == _LONG or (seeded > 0 and free):
        paid_1h = 0
    elif seeded == _SHORT:
        paid_5m = 0
    if grows:
        paid_1h = min(paid_1h, paid_5m)
        paid_5m = _NEVER
    return min(paid_5m + prices[_R], _NEVER), min(paid_1h + prices[_R], _NEVER)


@compiled
def _made(touch: Any, prices: Any) -> Any:
    """Least paid where the edge is written, by the call or just before it."""
    _node, _key, _now, _clock, kind, _seeded, lasts, free = touch
    if not free:
        if kind == _LONG:
            return _NEVER, prices[_W1]
        return prices[_W5], _NEVER
    warmed = prices[_WARM_5M] + prices[_R]
    hour = min(prices[_W1], prices[_WARM_1H] + prices[_R])
    if lasts:
        return prices[_W5], min(hour, warmed)
    return min(prices[_W5], warmed), hour


@compiled
def _settle(value: Any, node: int) -> int:
    """Count an edge's costs from its least one, and give that."""
    least_cost = min(value[node, 0], value[node, 1], value[node, 2])
    for s in range(3):
        if value[node, s] < _NEVER:
            value[node, s] -= least_cost
    return int(least_cost)
