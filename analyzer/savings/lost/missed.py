"""For each call, how far earlier calls' prefixes reach into its prompt, and why none was read.

Five layers, each reaching at most to a number of tokens: an entry this call could have read; one
under other parameters; one of another model or speed; an earlier prompt of its conversation it
parted from; and a prefix that was sent before but never put into the cache. What a layer reaches
beyond what was read, and beyond the layers before it, is lost for that layer's reason.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled
from analyzer.savings.lost import entries
from analyzer.savings.lost.entries import BY, EXPIRY, LIFE, READY, Int32s, Int64s
from analyzer.savings.lost.reasons import Reason
from analyzer.simulators.cache_kernel import LOOKBACK_POSITIONS, Trie

Int8s = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

LAYERS = 5
OWN, PARAMETERS, SCOPE, PARTED, SENT = range(LAYERS)
HOUR_US = 3_600_000_000
"""The longest life on sale."""
_SECOND_US = 1_000_000
_SYSTEM, _MESSAGES = 1, 2
_SPARE = 32
"""More entries than one call can add."""
_NONE, _MINIMUM, _UNMARKED, _LOOKBACK, _CONCURRENT, _MODEL, _SPEED, _COMPACTION, _UNLOGGED = (
    int(reason)
    for reason in (
        Reason.NONE, Reason.BELOW_MINIMUM, Reason.UNMARKED, Reason.LOOKBACK, Reason.CONCURRENT,
        Reason.MODEL, Reason.SPEED, Reason.COMPACTION, Reason.UNLOGGED,
    )
)  # fmt: skip
_WITHIN, _AFTER = int(Reason.EXPIRED_WITHIN_HOUR), int(Reason.EXPIRED_AFTER_HOUR)
_SYSTEM_PARAMETERS, _MESSAGE_PARAMETERS = (
    int(Reason.SYSTEM_PARAMETERS),
    int(Reason.MESSAGE_PARAMETERS),
)
_CHANGED = int(Reason.MESSAGES)


@dataclass(frozen=True, slots=True)
class Asked:
    """Calls in start order as the cache saw them; arrays of n rows, marks and lives n x 4."""

    start_us: Int64s
    ready_us: Int64s
    clock_us: Int64s
    context: Int32s
    """Dense id of (scope, model, speed)."""
    scope: Int32s
    model: Int32s
    """Dense id of the model alone: tells a switch of model from one of speed."""
    system_params: Int32s
    message_params: Int32s
    row: Int32s
    """Row of `Trie.tokens` that this call counts by."""
    prompt: Int64s
    minimum: Int64s
    read: Int64s
    cached: Int64s
    """Billed reads plus writes."""
    leaf: Int32s
    system_end: Int32s
    fork: Int32s
    """Nearest block above the leaf where prompts part; -1 for none."""
    marks: Int32s
    ttl_s: Int32s
    compaction: Bools


@dataclass(frozen=True, slots=True)
class Above:
    """The next block worth asking about, above each."""

    marked: Int32s
    """Nearest block above that any call marked."""
    sent: Int32s
    """Nearest block above where any call's prompt, system prompt or common part ended."""
    is_marked: Bools


def missed(trie: Trie, asked: Asked, above: Above) -> tuple[Int64s, Int8s]:
    """Give how far each layer reaches (tokens) and its reason; shape (n, layers), 0 for none."""
    count = len(asked.start_us)
    reach = np.zeros((count, LAYERS), np.int64)
    reason = np.zeros((count, LAYERS), np.int8)
    contexts, scopes = asked.context, asked.scope
    kinds = int(asked.message_params.max(initial=0)) + 1
    params = asked.system_params.astype(np.int64) * kinds + asked.message_params
    facts = (
        asked.start_us, asked.ready_us, asked.clock_us, asked.row, asked.prompt, asked.minimum,
        asked.read, asked.cached, asked.compaction,
    )  # fmt: skip
    names = (contexts, scopes, asked.model, asked.system_params, asked.message_params)
    places = (asked.leaf, asked.system_end, asked.fork, asked.marks, asked.ttl_s)
    _run(
        (trie.parent, trie.position, trie.section, trie.tokens),
        (above.marked, above.sent, above.is_marked),
        (facts, names, places),
        (_several(contexts, params), _several(scopes, contexts.astype(np.int64))),
        entries.empty(),
        (reach, reason),
    )
    return reach, reason


def _several(group: Int32s, kind: Int64s) -> Bools:
    """Tell for each group whether it holds more than one kind: only then its layer is kept."""
    groups = int(group.max(initial=-1)) + 1
    first = np.full(groups, np.iinfo(np.int64).max)
    last = np.full(groups, -1, np.int64)
    np.minimum.at(first, group, kind)
    np.maximum.at(last, group, kind)
    return np.asarray(first < last, np.bool_)


@compiled
def _key(trie: Any, ids: Any, layer: int, node: int) -> Any:
    """Name an entry: its prefix, and who shares it in this layer."""
    context, scope, _model, system, message = ids
    section = trie[2][node]
    own = layer in (OWN, SENT)
    group = scope if layer == SCOPE else context
    return (
        np.int32(node),
        np.int32(group * LAYERS + layer),
        np.int32(system if own and section >= _SYSTEM else -1),
        np.int32(message if own and section >= _MESSAGES else -1),
    )


@compiled
def _deepest(table: Any, trie: Any, ids: Any, layer: int, walk: Any) -> int:
    """Row of the deepest entry of a layer on one prompt, below `stop`; -1 for none."""
    node, above, stop = walk
    while node > stop:
        row = entries.found(table, _key(trie, ids, layer, node))
        if row >= 0:
            return row
        node = above[node]
    return -1


@compiled
def _within_reach(trie: Any, marks: Int32s, node: int) -> int:
    """0: no mark at or behind the block; 1: only beyond the lookback; 2: within it."""
    best = 0
    for mark in marks:
        if mark >= node:
            near = trie[1][mark] - trie[1][node] < LOOKBACK_POSITIONS
            best = max(best, 2 if near else 1)
    return best


@compiled
def _why(trie: Any, entry: Any, marks: Int32s, call: Any, otherwise: int) -> int:
    """Walk the facts about one entry in their written order; `otherwise` when none holds."""
    node, state = entry
    start, row, _prompt, minimum = call
    reached = _within_reach(trie, marks, node)
    if trie[3][row, node] < minimum:
        return _MINIMUM
    if reached == 0:
        return _UNMARKED
    if state[READY] > start:
        return _CONCURRENT
    if state[EXPIRY] <= start:
        return _WITHIN if state[EXPIRY] - state[LIFE] + HOUR_US > start else _AFTER
    if reached == 1:
        return _LOOKBACK
    return otherwise


@compiled
def _why_sent(trie: Any, entry: Any, marks: Int32s, call: Any) -> int:
    """Why a prefix that was sent before was never put into the cache; none where none could be."""
    node, state = entry
    start, row, _prompt, minimum = call
    if not state[READY] <= start < state[EXPIRY]:
        return _NONE
    marked = _within_reach(trie, marks, node) > 0
    if trie[3][row, node] < minimum:
        return _MINIMUM if marked else _NONE
    return _UNLOGGED if marked and state[BY] > 0 else _UNMARKED


@compiled
def _look(trie: Any, above: Any, table: Any, ids: Any, request: Any) -> Any:
    """Rows of the deepest entry that each layer has on the prompt."""
    leaf, several_params, several_contexts = request
    marked, sent, is_marked = above
    first = leaf if is_marked[leaf] else marked[leaf]
    own = _deepest(table, trie, ids, OWN, (first, marked, -1))
    stop = table[1][own, 0] if own >= 0 else -1
    params, scope = -1, -1
    if several_params:
        params = _deepest(table, trie, ids, PARAMETERS, (first, marked, stop))
        stop = table[1][params, 0] if params >= 0 else stop
    if several_contexts:
        scope = _deepest(table, trie, ids, SCOPE, (first, marked, stop))
        stop = table[1][scope, 0] if scope >= 0 else stop
    bare = _deepest(table, trie, ids, SENT, (leaf, sent, stop))
    return own, params, scope, -1, bare


@compiled
def _keep(trie: Any, table: Any, ids: Any, place: Any, entry: Any) -> None:
    """Put what a call wrote, read or sent at one block into one layer."""
    layer, node, was_read, start = place
    key = _key(trie, ids, layer, node)
    row = entries.found(table, key)
    state = table[2]
    live = row >= 0 and start < state[row, EXPIRY]
    if live and was_read:
        entries.refresh(state, row, entry[1], entry[3])
    elif live and (layer == SENT or state[row, READY] > start):
        entries.join(state, row, entry)
    else:
        entries.put(table, key, entry)


@compiled
def _remember(trie: Any, table: Any, ids: Any, call: Any, places: Any) -> None:
    """Keep what one call leaves behind: its marks that the bill honours, and what it sent."""
    index, start, ready, clock, row, read, cached, several = call
    marks, ttl, ends = places
    for node in ends:
        if node >= 0:
            _keep(trie, table, ids, (SENT, node, False, start), (ready, start, HOUR_US, 0))
    for place in range(4):
        mark = marks[place]
        if mark < 0:
            continue
        size = trie[3][row, mark]
        # no deeper mark: the bill's reads and writes end here, whatever the map makes of it
        if cached <= 0 or (size > cached and mark != marks.max()):
            _keep(trie, table, ids, (SENT, mark, False, start), (ready, start, HOUR_US, 1))
            continue
        entry = (ready, clock, int(ttl[place]) * _SECOND_US, index)
        for layer in (OWN, PARAMETERS, SCOPE):
            if layer == OWN or several[layer - 1]:
                _keep(trie, table, ids, (layer, mark, size <= read, start), entry)


@compiled
def _otherwise(ids: Any, layer: int, other: Any, call: Any) -> int:
    """The reason of a layer when its entry was live, readable and within reach."""
    edited, compaction = call
    model, system = other
    if layer == PARAMETERS:
        return _SYSTEM_PARAMETERS if system != ids[3] else _MESSAGE_PARAMETERS
    if layer == SCOPE:
        return _MODEL if model != ids[2] else _SPEED
    if edited:
        return _CHANGED
    return _COMPACTION if compaction else _UNLOGGED


@compiled
def _judge(trie: Any, table: Any, ids: Any, found: Any, call: Any) -> Any:
    """Reach and reason of one layer of one call."""
    at, layer, marks = found
    start, row, prompt, minimum, read, compaction, other = call
    node, state = table[1][at, 0], table[2][at]
    size = trie[3][row, node]
    if min(size, prompt) <= read:
        return 0, _NONE
    facts = (start, row, prompt, minimum)
    if layer == SENT:
        why = _why_sent(trie, (node, state), marks, facts)
    else:
        # A prefix longer than the prompt is none: the history above was edited on the way.
        otherwise = _otherwise(ids, layer, other, (size > prompt, compaction))
        why = _why(trie, (node, state), marks, facts, otherwise)
    return (min(size, prompt) if why != _NONE else 0), why


@compiled
def _run(trie: Any, above: Any, calls: Any, several: Any, table: Any, out: Any) -> None:
    facts, names, places = calls
    start, ready, clock, row, prompt, minimum, read, cached, compaction = facts
    context, scope, model, system, message = names
    leaf, system_end, fork, marks, ttl = places
    for i in range(len(start)):
        table = entries.grown(table, _SPARE)
        ids = (context[i], scope[i], model[i], system[i], message[i])
        more = (several[0][context[i]], several[1][scope[i]])
        rows = _look(trie, above, table, ids, (leaf[i], more[0], more[1]))
        for layer in range(LAYERS):
            at = rows[layer]
            if at < 0:
                continue
            by = table[2][at, BY] if layer in (PARAMETERS, SCOPE) else i
            call = (
                start[i], row[i], prompt[i], minimum[i], read[i], compaction[i],
                (model[by], system[by]),
            )  # fmt: skip
            reach, why = _judge(trie, table, ids, (at, layer, marks[i]), call)
            out[0][i, layer], out[1][i, layer] = reach, why
        if rows[OWN] >= 0:
            _read(trie, table, rows[OWN], (row[i], read[i], start[i], clock[i], i))
        held = (i, start[i], ready[i], clock[i], row[i], read[i], cached[i], more)
        ends = (leaf[i], system_end[i], fork[i])
        _remember(trie, table, ids, held, (marks[i], ttl[i], ends))


@compiled
def _read(trie: Any, table: Any, at: int, call: Any) -> None:
    """A billed read renews the entry it covers, also where no mark of this call stands."""
    row, read, start, clock, index = call
    live = table[2][at, EXPIRY] > start
    if live and trie[3][row, table[1][at, 0]] <= read:
        entries.refresh(table[2], at, clock, index)
