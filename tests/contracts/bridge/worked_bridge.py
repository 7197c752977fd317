"""Two months of four workloads, on round prices, and the identity told leaf by leaf.

Prices in dollars a million tokens, in and out: big 5 and 25 (cut to 4 and 20 in the second month),
mid 3 and 15 (sold from the second month on), small 1 and 5; a five-minute write costs 1.25 of
input, a one-hour write 2, a read a tenth; batch is half.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction

from analyzer.contracts.bridge import FACTORS, Cell, Factor, Period

USD = 10**12
MTOK = 10**6
SEPTEMBER = date(2026, 9, 1), date(2026, 9, 30)
OCTOBER = date(2026, 10, 1), date(2026, 10, 31)
Row = tuple[str, str, str, int, Mapping[str, int]]
"""Workload, model, mode, requests and tokens by meter."""
METER_PRICE = {
    "uncached": Fraction(1),
    "write_5m": Fraction(5, 4),
    "write_1h": Fraction(2),
    "read": Fraction(1, 10),
}
G = 10**9


def month(
    days: tuple[date, date],
    rows: Iterable[Row],
    usd: Mapping[str, tuple[int, int]],
    discount: Fraction = Fraction(0),
) -> Period:
    """A period of rows, at dollars a million tokens in and out by model."""
    requests: dict[str, int] = {}
    cells: list[Cell] = []
    for workload, model, mode, count, tokens in rows:
        requests[workload] = requests.get(workload, 0) + count
        cells += [Cell(workload, model, mode, meter, n) for meter, n in tokens.items()]
    prices = dict(_prices(usd))
    return Period(*days, requests, tuple(cells), prices, discount)


def _prices(
    usd: Mapping[str, tuple[int, int]],
) -> Iterator[tuple[tuple[str, str, str], Fraction]]:
    for model, (into, out) in usd.items():
        for mode, share in (("standard", Fraction(1)), ("batch", Fraction(1, 2))):
            for meter, factor in METER_PRICE.items():
                yield (model, mode, meter), share * factor * into * USD / MTOK
            yield (model, mode, "output"), share * out * USD / MTOK


BEFORE = month(
    SEPTEMBER,
    [
        ("chat", "big", "standard", 1_000_000, {"uncached": 4 * G, "output": G // 2}),
        ("etl", "big", "standard", 200_000, {"uncached": 2 * G, "output": G // 5}),
        ("old", "small", "standard", 50_000, {"uncached": G // 10, "output": G // 100}),
    ],
    {"big": (5, 25), "small": (1, 5)},
)
AFTER = month(
    OCTOBER,
    [
        (
            "chat", "big", "standard", 600_000,
            {
                "uncached": 6 * G // 10, "write_5m": 3 * G // 10, "read": 15 * G // 10,
                "output": 27 * G // 100,
            },
        ),
        ("chat", "mid", "standard", 600_000, {"uncached": 24 * G // 10, "output": 27 * G // 100}),
        ("etl", "big", "batch", 250_000, {"uncached": 25 * G // 10, "output": G // 4}),
        ("new", "small", "standard", 100_000, {"uncached": 4 * G // 10, "output": G // 20}),
    ],
    {"big": (4, 20), "mid": (3, 15), "small": (1, 5)},
    Fraction(1, 10),
)  # fmt: skip


def leaf_by_leaf(before: Period, after: Period, chosen: frozenset[Factor]) -> Fraction:
    """The identity as it is written, every leaf a product of nine fractions."""
    keys = {(c.workload, c.model, c.mode, c.meter) for one in (before, after) for c in one.cells}
    found = Fraction(0)
    for key in keys:
        product = Fraction(1)
        pair = _factors(before, key), _factors(after, key)
        for factor in FACTORS:
            product *= _value(pair, factor, later=factor in chosen)
        found += product
    return found


def _value(
    pair: tuple[Mapping[Factor, Fraction | None], Mapping[Factor, Fraction | None]],
    factor: Factor,
    *,
    later: bool,
) -> Fraction:
    own, other = pair[later][factor], pair[not later][factor]
    return (
        Fraction(0)
        if own is None and other is None
        else own
        if own is not None
        else other or Fraction(0)
    )


def _factors(period: Period, key: tuple[str, str, str, str]) -> dict[Factor, Fraction | None]:
    workload, model, mode, meter = key
    side = [c for c in period.cells if (c.meter == "output") == (meter == "output")]
    mine = [c for c in side if c.workload == workload]
    by_model = [c for c in mine if c.model == model]
    by_mode = [c for c in by_model if c.mode == mode]
    leaf = [c for c in by_mode if c.meter == meter]
    every, requests = sum(period.requests.values()), period.requests.get(workload, 0)
    length = _share(_tokens(mine), requests)
    output, one = meter == "output", Fraction(1)
    price = period.prices.get((model, mode, meter))
    return {
        "volume": Fraction(every),
        "workload_mix": _share(requests, every),
        "prompt_length": one if output else length,
        "output_length": length if output else one,
        "model_mix": _share(_tokens(by_model), _tokens(mine)),
        "mode_mix": _share(_tokens(by_mode), _tokens(by_model)),
        "cache_mix": one if output else _share(_tokens(leaf), _tokens(by_mode)),
        "list_price": None if price is None else Fraction(price),
        "discount": period.kept(model),
    }


def _tokens(cells: Iterable[Cell]) -> int:
    return sum(cell.tokens for cell in cells)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
