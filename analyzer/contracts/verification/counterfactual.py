"""A period's calls as the baseline would have sent them, with any set of levers left as they are.

Only differences of settings act: a workload sent as in the baseline costs what it was billed.
- routing: the share of requests by which a model exceeds its share in the baseline goes back to the
  models that lost it, its tokens by the ratios of a paired sample; without a ratio it stays.
- output: tokens by the workload's ratio of a paired sample, for calls since the lever went live;
  without one they stay.
- batch: requests above the baseline's share go back to the standard tier, those below it into
  batches; tokens as billed.
- caching: where the baseline cached nothing every prompt token is uncached; where it cached with
  the same lives and about as much, tokens stay as billed; else they are those of a replay with the
  baseline's lives, or, where the log shows too little, the baseline's own shares of read and
  written tokens. A call on another model is cached as that model's calls are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property

from analyzer.contracts.baseline import Unit, Workload
from analyzer.contracts.logged import Cell, Sku
from analyzer.contracts.verification.measures import Ratio
from analyzer.results import LEVERS, Grade, Lever

Tokens = tuple[Fraction, ...]
"""By meter, in the order of METERS."""
Pulled = frozenset[Lever]
SAME_SHARE = Fraction(1, 10)
"""Of the prompt: cached shares this close are one setting; hit rates move with the traffic."""
_BATCH, _STANDARD = "batch", "standard"


@dataclass(frozen=True, slots=True)
class CacheSetting:
    """How prompts of one model and tier were cached."""

    tokens: tuple[int, ...]
    """Prompt tokens by meter."""

    @property
    def prompt(self) -> int:
        """All of them."""
        return sum(self.tokens)

    @property
    def share(self) -> Fraction:
        """Read or written, of the prompt."""
        return 1 - Fraction(self.tokens[0], self.prompt) if self.prompt else Fraction(0)

    @property
    def lives(self) -> tuple[bool, ...]:
        """Which lives were written."""
        return tuple(bool(count) for count in self.tokens[2:])

    def like(self, other: "CacheSetting") -> bool:
        """Tell whether both are one setting."""
        return self.lives == other.lives and abs(self.share - other.share) <= SAME_SHARE

    def spread(self, prompt: Fraction) -> Tokens:
        """Spread a prompt's tokens as these are."""
        return tuple(prompt * Fraction(count, self.prompt) for count in self.tokens)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Ratios of paired samples."""

    routing: Mapping[tuple[str, str, str], Ratio] = field(default_factory=dict)
    """By workload, model of the period and model of the baseline."""
    output: Mapping[str, Ratio] = field(default_factory=dict)
    """By workload."""
    cached: Mapping[tuple[str, str, str], CacheSetting] = field(default_factory=dict)
    """By workload, model and tier: the period's prompts replayed with the baseline's lives."""

    @classmethod
    def of(cls, routing: Sequence[Ratio], output: Sequence[Ratio]) -> "Calibration":
        """Index ratios."""
        return cls(
            {(one.workload, one.actual, one.baseline): one for one in routing},
            {one.workload: one for one in output},
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """Part of a cell's calls, as they would have been sent."""

    sku: Sku
    day: date
    tokens: Tokens


class Counterfactual:
    """One workload's cells in a period, beside its baseline."""

    def __init__(
        self,
        before: Workload,
        cells: Sequence[Cell],
        calibration: Calibration,
        sold: "frozenset[Sku] | None" = None,
    ) -> None:
        self.before = before
        self.cells = tuple(cells)
        self._calibration = calibration
        self._sold = sold
        """SKUs that have a price in the period; None for all."""

    def flows(self, pulled: Pulled) -> Iterator[Flow]:
        """Give every call with only these levers as they came to be."""
        for cell in self.cells:
            for model, weight, ratio in self._models(cell, pulled):
                for tier, part in self._tiers(cell, pulled):
                    if weight * part:
                        yield self._flow(cell, (model, tier), weight * part, ratio, pulled)

    def ratio_grades(self, lever: Lever) -> tuple[Grade, ...]:
        """Give the evidence of the ratios that a lever's savings rest on."""
        if lever == "output":
            known = self._calibration.output.get(self.before.name)
            return () if known is None else (known.grade,)
        return tuple(ratio.grade for moves in self._moves.values() for _, _, ratio in moves)

    def recalibrated(self, calibration: Calibration) -> "Counterfactual":
        """Give the same calls with other ratios."""
        return Counterfactual(self.before, self.cells, calibration, self._sold)

    @cached_property
    def methods(self) -> dict[Lever, str]:
        """Tell for each lever that moves something how it was worked out."""
        found: dict[Lever, str] = {}
        if "output" in self._used:
            found["output"] = "paired sample"
        if any(moves for moves in self._moves.values()):
            found["routing"] = "paired sample"
        if self._now_batch != self._before_batch:
            found["batch"] = "tokens as billed, at the other tier's price"
        found.update(self._cache_method())
        return found

    @cached_property
    def unmatched(self) -> tuple[tuple[str, str, Fraction], ...]:
        """Give shares of requests that changed model and have no ratio: from, to, share."""
        return tuple(
            (actual, wanted, share)
            for actual, wanted, share in self._exchanges()
            if not self._may_move(actual, wanted)
        )

    @property
    def _used(self) -> frozenset[Lever]:
        shortened = any(self._lengthening(cell) != 1 for cell in self.cells)
        return frozenset({"output"}) if shortened else frozenset()

    def _lengthening(self, cell: Cell) -> Fraction:
        """Output tokens of the baseline for one of a cell's; cells are of days before or after."""
        ratio = self._calibration.output.get(self.before.name)
        return ratio.out if ratio is not None and ratio.live_on(cell.day) else Fraction(1)

    def _models(self, cell: Cell, pulled: Pulled) -> Iterator[tuple[str, Fraction, Ratio | None]]:
        """Give each model that part of a cell's calls would have gone to."""
        moves = () if "routing" in pulled else self._moves.get(cell.sku.model, ())
        stay = Fraction(1)
        for model, weight, ratio in moves:
            if self._is_sold(cell.sku, model):
                stay -= weight
                yield model, weight, ratio
        yield cell.sku.model, stay, None

    def _tiers(self, cell: Cell, pulled: Pulled) -> Iterator[tuple[str, Fraction]]:
        tier, wanted, found = cell.sku.tier, self._before_batch, self._now_batch
        gone = Fraction(0)
        if "batch" not in pulled and cell.sku.speed is None:
            if tier == _BATCH and found > wanted:
                gone = (found - wanted) / found
            elif tier == _STANDARD and wanted > found:
                gone = (wanted - found) / (1 - found)
        other = _STANDARD if tier == _BATCH else _BATCH
        if gone and not self._is_sold(replace(cell.sku, tier=other), cell.sku.model):
            gone = Fraction(0)
        yield tier, 1 - gone
        yield other, gone

    def _flow(
        self,
        cell: Cell,
        where: tuple[str, str],
        weight: Fraction,
        ratio: Ratio | None,
        pulled: Pulled,
    ) -> Flow:
        model, tier = where
        into = ratio.into if ratio else Fraction(1)
        out = weight * cell.tokens[-1] * (ratio.out if ratio else 1)
        if "output" not in pulled:
            out *= self._lengthening(cell)
        own = tuple(weight * into * count for count in cell.tokens[:-1])
        setting = self._setting(cell, where, pulled)
        spread = own if setting is None else setting.spread(sum(own, Fraction(0)))
        sku = Sku(model, tier, cell.sku.speed, cell.sku.geo, cell.sku.long)
        return Flow(sku, cell.day, (*spread, out))

    def _setting(self, cell: Cell, where: tuple[str, str], pulled: Pulled) -> CacheSetting | None:
        """Give the cache setting calls would have had; None leaves them as billed."""
        now = self._now.get(where)
        moved = where[0] != cell.sku.model
        as_came = now if moved and now is not None and now.prompt else None
        if "caching" in pulled:
            return as_came
        then = self._before_setting(where)
        if then is None or (now is not None and then.share and then.like(now)):
            return as_came
        return self._calibration.cached.get((self.before.name, *where), then)

    def _before_setting(self, where: tuple[str, str]) -> CacheSetting | None:
        """How the baseline cached such calls; None where it has none like them."""
        then = self._then.get(where)
        if then is None and where[1] != _BATCH:
            then = self._any_model(where[1])
        return then if then is not None and then.prompt else None

    def _cache_method(self) -> dict[Lever, str]:
        words = set()
        for where, now in self._now.items():
            then = self._before_setting(where)
            if then is None or not now.prompt:
                continue
            if then.share and not then.like(now):
                known = (self.before.name, *where) in self._calibration.cached
                words.add(REPLAYED if known else UNIT_RATE)
            elif not then.share and now.share:
                words.add("every prompt token uncached, as before")
        found = next((one for one in (UNIT_RATE, REPLAYED, *words) if one in words), None)
        return {} if found is None else {"caching": found}

    @cached_property
    def _moves(self) -> dict[str, tuple[tuple[str, Fraction, Ratio], ...]]:
        """By model of the period: where its calls go back to, as shares of its own calls."""
        now = self._shares_now
        found: dict[str, tuple[tuple[str, Fraction, Ratio], ...]] = {}
        for actual, wanted, share in self._exchanges():
            ratio = self._calibration.routing.get((self.before.name, actual, wanted))
            if ratio is not None:
                found[actual] = (*found.get(actual, ()), (wanted, share / now[actual], ratio))
        return found

    def _may_move(self, actual: str, wanted: str) -> bool:
        known = (self.before.name, actual, wanted) in self._calibration.routing
        cells = [one.sku for one in self.cells if one.sku.model == actual]
        return known and all(self._is_sold(sku, wanted) for sku in cells)

    def _is_sold(self, sku: Sku, model: str) -> bool:
        moved = Sku(model, sku.tier, sku.speed, sku.geo, sku.long)
        return self._sold is None or moved in self._sold

    def _exchanges(self) -> Iterator[tuple[str, str, Fraction]]:
        """Give what each model won from each other, as a share of all requests."""
        before, now = self._shares_before, self._shares_now
        every = sorted({*before, *now})
        change = {m: now.get(m, Fraction(0)) - before.get(m, Fraction(0)) for m in every}
        lost = {model: -moved for model, moved in change.items() if moved < 0}
        whole = sum(lost.values(), Fraction(0))
        for actual in every:
            if change[actual] > 0:
                for wanted, share in lost.items():
                    yield actual, wanted, change[actual] * share / whole

    @cached_property
    def _shares_before(self) -> dict[str, Fraction]:
        return _shares([(unit.sku.model, unit.requests) for unit in self.before.units])

    @cached_property
    def _shares_now(self) -> dict[str, Fraction]:
        return _shares([(cell.sku.model, cell.requests) for cell in self.cells])

    @cached_property
    def _before_batch(self) -> Fraction:
        units = [(unit.sku.tier, unit.requests) for unit in self.before.units]
        return _shares([one for one in units if one[0] in (_BATCH, _STANDARD)]).get(
            _BATCH, Fraction(0)
        )

    @cached_property
    def _now_batch(self) -> Fraction:
        counts = [(cell.sku.tier, cell.requests) for cell in self.cells]
        return _shares([one for one in counts if one[0] in (_BATCH, _STANDARD)]).get(
            _BATCH, Fraction(0)
        )

    @cached_property
    def _then(self) -> dict[tuple[str, str], CacheSetting]:
        return _settings([(u.sku, u.tokens) for u in self.before.units])

    @cached_property
    def _now(self) -> dict[tuple[str, str], CacheSetting]:
        return _settings([(cell.sku, cell.tokens) for cell in self.cells])

    def _any_model(self, tier: str) -> CacheSetting | None:
        """How the workload was cached on this tier, whatever the model."""
        same = [one.tokens for (_, other), one in self._then.items() if other == tier]
        return CacheSetting(tuple(map(sum, zip(*same, strict=True)))) if same else None


UNIT_RATE = "the baseline's shares of read and written tokens"
"""A weaker method: hit rates of another period's traffic."""
REPLAYED = "replayed with the baseline's cache life"
NONE_PULLED: Pulled = frozenset()
ALL_PULLED: Pulled = frozenset(LEVERS)


def as_it_came(name: str, cells: Sequence[Cell]) -> Workload:
    """Give a workload without a baseline the settings it has: no lever saves anything on it."""
    units = tuple(Unit(cell.sku, cell.requests, cell.tokens, ()) for cell in cells)
    requests = sum(cell.requests for cell in cells)
    return Workload(name, requests, requests, 0, (), (), (), (), units)


def _shares(counts: Sequence[tuple[str, int]]) -> dict[str, Fraction]:
    sums: dict[str, int] = {}
    for name, count in counts:
        sums[name] = sums.get(name, 0) + count
    whole = sum(sums.values())
    return {name: Fraction(count, whole) for name, count in sums.items()} if whole else {}


def _settings(
    used: Sequence[tuple[Sku, tuple[int, ...]]],
) -> dict[tuple[str, str], CacheSetting]:
    sums: dict[tuple[str, str], tuple[int, ...]] = {}
    for sku, tokens in used:
        key = sku.model, sku.tier
        known = sums.get(key, (0,) * (len(tokens) - 1))
        sums[key] = tuple(map(sum, zip(known, tokens[:-1], strict=True)))
    return {key: CacheSetting(tokens) for key, tokens in sums.items()}
