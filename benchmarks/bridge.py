"""Time a bridge of 20,000 cells beside the plain way: a product of nine factors, 512 times over.

The plain peer multiplies floats in numpy and imputes nothing but what its cells need; it is only
as near as floats are. Prints seconds, peak memory and how far the two are apart.
"""

import resource
import time
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from itertools import product
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analyzer.attribution import fair_shares, subsets
from analyzer.contracts.bridge import FACTORS, METERS, Cell, Factor, Period, bridge

WORKLOADS, MODELS, MODES = 834, ("big", "small"), ("standard", "batch")
RUNS = 3
Found = TypeVar("Found")
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print one row for each way."""
    before, after = _periods()
    ours, seconds = _best(lambda: bridge(before, after))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plain, plain_seconds = _best(lambda: _plain(before, after))
    off = max(abs(part.fair - plain[part.cause]) for part in ours.attribution.parts)
    cells = f"{len(before.cells):,} cells"
    print(f"| bridge of {cells}, exact | {seconds:.2f} s | {peak:.0f} MiB peak |")
    print(
        f"| the same in plain floats | {plain_seconds:.2f} s | ours takes "
        f"{seconds / plain_seconds:.2f} of it, parts at most ${float(off) / 1e12:.1e} apart |"
    )


def _best(work: Callable[[], Found]) -> tuple[Found, float]:
    """Give what the work gives and the least CPU seconds it took."""
    seconds = []
    for _ in range(RUNS - 1):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    start = time.process_time()
    found = work()
    return found, min(*seconds, time.process_time() - start)


def _periods() -> tuple[Period, Period]:
    draw = np.random.default_rng(1)
    months: list[Period] = []
    for first, last in (
        (date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 10, 31)),
    ):
        names = [f"workload {number}" for number in range(WORKLOADS)]
        places = list(product(names, MODELS, MODES, METERS))
        tokens = draw.integers(1, 10**10, len(places)).tolist()
        cells = tuple(Cell(*place, count) for place, count in zip(places, tokens, strict=True))
        requests = dict(zip(names, draw.integers(1, 10**6, WORKLOADS).tolist(), strict=True))
        keys = list(product(MODELS, MODES, METERS))
        rates = draw.integers(10**5, 10**8, len(keys)).tolist()
        prices = dict(zip(keys, rates, strict=True))
        months.append(Period(first, last, requests, cells, prices, Fraction(len(months), 10)))
    return months[0], months[1]


def _plain(before: Period, after: Period) -> dict[Factor, Fraction]:
    """Shapley values of 512 products over all cells."""
    old, new = _factors(before), _factors(after)
    values = {}
    for chosen in subsets(FACTORS):
        costs = np.ones(len(before.cells))
        for factor in FACTORS:
            costs = costs * (new if factor in chosen else old)[factor]
        values[chosen] = Fraction(float(costs.sum()))
    return fair_shares(values, FACTORS)


def _factors(period: Period) -> dict[Factor, Floats]:
    """Each factor of each cell; every cell has tokens, so nothing is undefined."""
    shape = (WORKLOADS, len(MODELS), len(MODES), len(METERS))
    tokens = np.array([float(cell.tokens) for cell in period.cells]).reshape(shape)
    requests = np.array([float(count) for count in period.requests.values()])
    output = np.where(np.array(METERS) == "output", 1.0, 0.0)
    by_mode, by_model, by_workload = (
        _within(tokens, output, axes) for axes in ((3,), (2, 3), (1, 2, 3))
    )
    volume = requests.sum()
    length = by_workload / requests[:, None, None, None]
    price = [float(period.prices[key]) for key in product(MODELS, MODES, METERS)]
    found: dict[Factor, Floats] = {
        "volume": np.array(volume),
        "workload_mix": (requests / volume)[:, None, None, None],
        "prompt_length": np.where(output == 0, length, 1.0),
        "output_length": np.where(output == 1, length, 1.0),
        "model_mix": by_model / by_workload,
        "mode_mix": by_mode / by_model,
        "cache_mix": tokens / by_mode,
        "list_price": np.array(price).reshape(shape[1:]),
        "discount": np.array(float(1 - period.discount)),
    }
    return {factor: np.broadcast_to(each, shape).ravel() for factor, each in found.items()}


def _within(tokens: Floats, output: Floats, axes: tuple[int, ...]) -> Floats:
    """Tokens of a cell's own side, prompt or output, summed over some axes."""
    prompts: Floats = np.where(output == 0, tokens, 0.0).sum(axes, keepdims=True)
    outputs: Floats = np.where(output == 1, tokens, 0.0).sum(axes, keepdims=True)
    own: Floats = np.where(output == 0, prompts, outputs)
    return own


if __name__ == "__main__":
    main()
