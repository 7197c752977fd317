"""What the bill would be with some factors of one period and the rest of the other: all 512.

Shares and lengths are fixed-point integers with 160 binary places: over 20,000 cells the roundings
add up to some 10^-15 pico-dollars. In-between states are then rounded to whole pico-dollars (to the
parts of one that the bills are told in), and the two ends are the exact bills, so that the parts of
any split add up exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Literal

from analyzer.attribution import subsets
from analyzer.contracts.bridge.factors import FACTORS, Factor
from analyzer.contracts.bridge.periods import Period, Priced
from analyzer.results import Pico

Costs = dict[frozenset[Factor], Pico]
"""Pico-dollars by the set of factors that are already the later period's."""
Group = Literal["continuing", "new", "retired"]
GROUPS: tuple[Group, ...] = ("continuing", "new", "retired")
Pair = tuple[int, int]
"""A factor in the earlier and in the later period."""
_PLACES = 160
_ONE = 1 << _PLACES
_MOST_STEPS = 10**9
"""Finer parts of a pico-dollar are not worth their digits."""
_PROMPT: tuple[Factor, ...] = (
    "workload_mix", "prompt_length", "model_mix", "mode_mix", "cache_mix", "list_price", "discount",
)  # fmt: skip
_OUTPUT: tuple[Factor, ...] = (
    "workload_mix", "output_length", "model_mix", "mode_mix", "list_price", "discount",
)  # fmt: skip
_Modes = dict[str, dict[str, list[int]]]


@dataclass(slots=True)
class _Workload:
    """Requests and tokens in both periods; the token lists are (earlier, later)."""

    requests: list[int] = field(default_factory=lambda: [0, 0])
    prompt: dict[str, _Modes] = field(default_factory=dict)
    """By model, mode and meter."""
    output: dict[str, _Modes] = field(default_factory=dict)

    @property
    def group(self) -> Group:
        before, after = self.requests
        return (
            "retired" if not after and before else "new" if after and not before else "continuing"
        )


def state_costs(before: Period, after: Period) -> dict[Group, Costs]:
    """Give the cost of each state, for workloads that continue, are new or have retired."""
    periods = (before, after)
    volume = (sum(before.requests.values()), sum(after.requests.values()))
    paid = _Paid(periods)
    sums: dict[Group, tuple[list[int], list[int]]] = {
        group: ([0] * 2 ** len(_PROMPT), [0] * 2 ** len(_OUTPUT)) for group in GROUPS
    }
    for workload in _workloads(periods).values():
        mix = _imputed(*map(_ratio, workload.requests, volume))
        prompt, output = sums[workload.group]
        _add(prompt, _times(mix, _side(workload.prompt, workload.requests, paid)))
        _add(output, _times(mix, _side(workload.output, workload.requests, paid)))
    ends = _bill(before), _bill(after)
    steps = _steps(ends)
    found = {group: _costs(volume, *tables, steps) for group, tables in sums.items()}
    for chosen, end in zip((frozenset[Factor](), frozenset(FACTORS)), ends, strict=True):
        others = sum(found[group][chosen] for group in GROUPS if group != "continuing")
        found["continuing"][chosen] = end - others
    return found


class _Paid:
    """Paid pico-dollars a token for list price and discount of either period, four values each."""

    def __init__(self, periods: tuple[Period, Period]) -> None:
        self._periods = periods
        self._known: dict[Priced, list[int]] = {}

    def of(self, key: Priced) -> list[int]:
        """Give the four values; what a period does not price costs what it does in the other."""
        if key not in self._known:
            self._known[key] = self._found(key)
        return self._known[key]

    def _found(self, key: Priced) -> list[int]:
        found = [one.prices.get(key) for one in self._periods]
        list_price = _imputed(*(None if each is None else _fixed(each) for each in found))
        before, after = (_fixed(one.kept(key[0])) for one in self._periods)
        return _times(list_price, [before, after])


def _workloads(periods: tuple[Period, Period]) -> dict[str, _Workload]:
    found: dict[str, _Workload] = defaultdict(_Workload)
    for place, period in enumerate(periods):
        for name, requests in period.requests.items():
            found[name].requests[place] = requests
        for cell in period.cells:
            workload = found[cell.workload]
            side = workload.output if cell.meter == "output" else workload.prompt
            modes = side.setdefault(cell.model, {})
            modes.setdefault(cell.mode, {}).setdefault(cell.meter, [0, 0])[place] = cell.tokens
    return found


def _side(models: Mapping[str, _Modes], requests: Sequence[int], paid: _Paid) -> list[int]:
    """Cost a request of a workload's prompts, or outputs, for each state of the factors within."""
    by_model = {
        name: _added(_added(meters.values()) for meters in modes.values())
        for name, modes in models.items()
    }
    whole = _added(by_model.values())
    costs: list[int] = []
    for model, modes in models.items():
        share = _imputed(*map(_ratio, by_model[model], whole))
        _extend(costs, _times(share, _model(model, modes, by_model[model], paid)))
    return _times(_imputed(*map(_ratio, whole, requests)), costs)


def _model(model: str, modes: _Modes, whole: Sequence[int], paid: _Paid) -> list[int]:
    costs: list[int] = []
    for mode, meters in modes.items():
        tokens = _added(meters.values())
        inner: list[int] = []
        for meter, counts in meters.items():
            price = paid.of((model, mode, meter))
            share = _imputed(*map(_ratio, counts, tokens))
            _extend(inner, price if meter == "output" else _times(share, price))
        _extend(costs, _times(_imputed(*map(_ratio, tokens, whole)), inner))
    return costs


def _costs(volume: Pair, prompt: Sequence[int], output: Sequence[int], steps: int) -> Costs:
    found: Costs = {}
    for chosen in subsets(FACTORS):
        a_request = prompt[_place(chosen, _PROMPT)] + output[_place(chosen, _OUTPUT)]
        pico = volume["volume" in chosen] * a_request * steps
        found[chosen] = Fraction((pico + _ONE // 2) >> _PLACES, steps)
    return found


def _bill(period: Period) -> Pico:
    return sum(period.bills().values(), Fraction(0))


def _steps(ends: tuple[Pico, Pico]) -> int:
    """Parts of a pico-dollar to round to: the bills' own, so that a state that is one equals it."""
    steps = lcm(*(end.denominator for end in ends))
    return steps if steps <= _MOST_STEPS else 1


def _place(chosen: frozenset[Factor], factors: Iterable[Factor]) -> int:
    """Where a state stands in a table made by `_times`, outermost factor first."""
    place = 0
    for factor in factors:
        place = 2 * place + (factor in chosen)
    return place


def _ratio(part: int, whole: int) -> int | None:
    """A share; None where there is nothing to share."""
    return (part << _PLACES) // whole if whole else None


def _imputed(before: int | None, after: int | None) -> Pair:
    """A factor that one period leaves undefined takes the other's value.

    So a cell that is born or dies moves exactly one share, the outermost that is defined.
    """
    first = after if before is None else before
    second = before if after is None else after
    return first or 0, second or 0


def _fixed(value: int | Fraction) -> int:
    return (value.numerator << _PLACES) // value.denominator


def _times(pair: Pair, table: Sequence[int]) -> list[int]:
    """Put a factor outside a table: the first half is the earlier period's."""
    return [(value * each) >> _PLACES for value in pair for each in table]


def _added(counts: Iterable[Sequence[int]]) -> list[int]:
    """Add (earlier, later) counts up."""
    before = after = 0
    for first, second in counts:
        before, after = before + first, after + second
    return [before, after]


def _add(sums: list[int], table: Sequence[int]) -> None:
    for place, value in enumerate(table):
        sums[place] += value


def _extend(sums: list[int], table: Sequence[int]) -> None:
    """Add a table to sums, or start them with it."""
    if sums:
        _add(sums, table)
    else:
        sums.extend(table)
