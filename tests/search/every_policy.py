"""The cheapest that a tiny trace can cost, by trying everything against the independent oracle.

Before each request any entry may be pinged over the gap, any prefix of its prompt may be written by
a request of its own, and the request may carry up to four marks with either life on any blocks.
Equal caches are followed once, at their least cost. Nothing of the bound is used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, product
from typing import TypeVar

from tests.simulators.cache_oracle import Bill, Entry, Key, Mark, Oracle, OracleRequest

LIVES = (300, 3600)
_FEW = 30
_Item = TypeVar("_Item")
Cache = dict[Key, Entry]
Frozen = frozenset[tuple[Key, int, int, int]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Pico-dollars a token."""

    plain: int
    read: int
    write_5m: int
    write_1h: int

    def cost(self, bill: Bill) -> int:
        """What one request's tokens cost."""
        read, write_5m, write_1h, plain = bill
        written = write_5m * self.write_5m + write_1h * self.write_1h
        return read * self.read + written + plain * self.plain


def cheapest(requests: list[OracleRequest], rates: Rates) -> int:
    """Give the least cost of the requests, which stand in time order."""
    some = _Search(requests, rates).least(most=None, keep=_FEW)
    return _Search(requests, rates).least(most=some, keep=None)


class _Search:
    """Every cache that can stand before each request, with the least spent to get there."""

    def __init__(self, requests: list[OracleRequest], rates: Rates) -> None:
        self.requests = requests
        self.rates = rates
        self.prefixes = [_prefixes(request) for request in requests]
        own = [self._least(index) for index in range(len(requests))]
        self.rest = [sum(own[index:]) for index in range(len(requests) + 1)]

    def least(self, most: int | None, keep: int | None) -> int:
        """Follow all caches (the `keep` cheapest), but none that must cost more than `most`."""
        caches: dict[Frozen, int] = {frozenset(): 0}
        for index in range(len(self.requests)):
            after: dict[Frozen, int] = {}
            for cache, spent in sorted(caches.items(), key=lambda pair: pair[1])[:keep]:
                for left, paid in self._steps(index, _thawed(cache)):
                    total = spent + paid
                    if most is not None and total + self.rest[index + 1] > most:
                        continue
                    found = self._frozen(index, left)
                    after[found] = min(after.get(found, total), total)
            caches = after
        return min(caches.values())

    def _steps(self, index: int, cache: Cache) -> Iterator[tuple[Cache, int]]:
        request = self.requests[index]
        for kept, pinged in self._kept(cache, request.start_us):
            for warm, written in self._warmed(kept, request):
                for marks in _placements(request):
                    oracle = _oracle(warm)
                    billed = self.rates.cost(oracle.bill(replace(request, marks=marks)))
                    yield oracle.entries, pinged + written + billed

    def _least(self, index: int) -> int:
        """What a request costs at least: tokens that no earlier prompt held are not read."""
        request, earlier = self.requests[index], _all(self.prefixes[:index])
        known = max((len(ids) for ids in self.prefixes[index] & earlier), default=0)
        held = request.prefix_tokens(known - 1)
        total = request.prefix_tokens(len(request.blocks) - 1)
        return held * self.rates.read + (total - held) * self.rates.plain

    def _kept(self, cache: Cache, now_us: int) -> Iterator[tuple[Cache, int]]:
        """Every choice of entries that pings carry over to the next request."""
        lapsing = [key for key, entry in cache.items() if entry.expires_us <= now_us]
        for kept in _subsets(lapsing):
            gone = set(lapsing) - set(kept)
            after = {key: replace(entry) for key, entry in cache.items() if key not in gone}
            yield after, sum(self._ping(after[key], key, now_us) for key in kept)

    def _ping(self, entry: Entry, key: Key, now_us: int) -> int:
        """Read an entry in the last microsecond of its life until it outlives the gap."""
        pings = 0
        while entry.expires_us <= now_us:
            entry.expires_us += entry.ttl_s * 1_000_000 - 1
            pings += 1
        owner = next(
            r for r, ids in zip(self.requests, self.prefixes, strict=True) if key[1] in ids
        )
        return pings * owner.prefix_tokens(_length(key) - 1) * self.rates.read

    def _warmed(self, cache: Cache, request: OracleRequest) -> Iterator[tuple[Cache, int]]:
        """No pre-warm, or one of any prefix with either life."""
        yield cache, 0
        for block, life in product(range(len(request.blocks)), LIVES):
            oracle = _oracle(cache)
            blocks, ready_us = request.blocks[: block + 1], request.start_us
            warm = replace(request, blocks=blocks, marks=(Mark(block, life),), ready_us=ready_us)
            yield oracle.entries, self.rates.cost(oracle.bill(warm))

    def _frozen(self, index: int, cache: Cache) -> Frozen:
        """Only what a later request could read, with times that no longer matter made equal."""
        if index + 1 == len(self.requests):
            return frozenset()
        later = _all(self.prefixes[index + 1 :])
        now_us = self.requests[index + 1].start_us
        return frozenset(
            (key, max(entry.readable_us - now_us, 0) + now_us, entry.expires_us, entry.ttl_s)
            for key, entry in cache.items()
            if key[1] in later
        )


def _placements(request: OracleRequest) -> Iterator[tuple[Mark, ...]]:
    """Every set of up to four marks with every choice of lives, an hour before 5 minutes."""
    for places in _subsets(list(range(len(request.blocks)))):
        if len(places) <= 4:
            for hours in range(len(places) + 1):
                lives = [3600] * hours + [300] * (len(places) - hours)
                yield tuple(Mark(p, life) for p, life in zip(places, lives, strict=True))


def _prefixes(request: OracleRequest) -> set[tuple[int, ...]]:
    ids = tuple(block.identity for block in request.blocks)
    return {ids[: length + 1] for length in range(len(ids))}


def _all(sets: list[set[tuple[int, ...]]]) -> set[tuple[int, ...]]:
    return {ids for each in sets for ids in each}


def _length(key: Key) -> int:
    ids = key[1]
    assert isinstance(ids, tuple)
    return len(ids)


def _subsets(items: list[_Item]) -> Iterator[tuple[_Item, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def _oracle(cache: Cache) -> Oracle:
    oracle = Oracle()
    oracle.entries = {key: replace(entry) for key, entry in cache.items()}
    return oracle


def _thawed(cache: Frozen) -> Cache:
    return {key: Entry(ready, expires, life) for key, ready, expires, life in cache}
