"""Two periods of four workloads, on round prices, as calls in a store.

Dollars a million tokens, in and out: big 5 and 25 (cut to 4 and 20 from October on), mid 3 and 15
(sold from October on), small 1 and 5; a five-minute write costs 1.25 of input, a read a tenth,
batch is half. A call holds the tokens of a thousand, so the bills are those of a million calls.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from analyzer.contracts.baseline import Ask, Baseline, freeze, to_bytes
from analyzer.contracts.logged import Span
from analyzer.contracts.verification import Asked, Measures, Verification, compare
from analyzer.contracts.verification.measures import Ratio
from analyzer.intake import Batch, FileCount
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.store import Store
from analyzer.trace import Call, Tokens

USD = 10**12
M = 10**6
BASELINE = Span(date(2026, 8, 3), date(2026, 8, 30))
OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
TENTH = (Discount("*", Fraction(1, 10), "contract"),)
CHAT = Ratio("chat", "claude-mid", "claude-big", Fraction(1), Fraction(1), Fraction(0), 60)
ANSWERS = Ratio("chat", "", "", Fraction(1), Fraction(10, 9), Fraction(0), 60)
"""500 output tokens a request before, 450 after."""
MEASURES = Measures(routing=(CHAT,), output=(ANSWERS,))


@cache
def book(cut: bool = True) -> Book:  # noqa: FBT001, FBT002 - whether big gets cheaper
    rules = json.loads(resources.files("analyzer.prices").joinpath("rules.json").read_bytes())
    model = rules["models"]["claude-haiku-4-5"]
    later = ("4", "20") if cut else ("5", "25")
    periods: dict[str, list[tuple[str | None, str | None, str, str]]] = {
        "claude-big": [(None, "2026-10-01", "5", "25"), ("2026-10-01", None, *later)],
        "claude-mid": [(None, None, "3", "15")],
        "claude-small": [(None, None, "1", "5")],
    }
    made = {
        name: {
            **model,
            "aliases": [],
            "retires": None,
            "released": "2026-10-01" if name == "claude-mid" else "2026-01-01",
            "prices": [_period(model["prices"][0], *one) for one in every],
        }
        for name, every in periods.items()
    }
    for name in ("claude-haiku-4-5", "claude-opus-4-8"):
        made[name] = rules["models"][name]
    return Book.from_json(json.dumps({**rules, "models": made}).encode())


def _period(like: Any, since: Any, until: Any, into: str, out: str) -> dict[str, object]:
    price = Fraction(into)
    factors = {
        "input": Fraction(1), "cache_write_5m": Fraction(5, 4), "cache_write_1h": Fraction(2),
    }  # fmt: skip
    rates = {name: str(float(price * factor)) for name, factor in factors.items()}
    rates |= {"cache_read": str(float(price / 10)), "output": out}
    return {**like, "from": since, "to": until, "standard": rates}


def calls(
    span: Span, workload: str, model: str, count: int, tier: str = "standard", **tokens: int
) -> Iterator[Call]:
    """A workload's calls, spread over the days of a period."""
    for number in range(count):
        day = span.first_day + timedelta(number % span.count)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        name = f"{span} {workload} {model} {tier} {number}"
        counts = dict.fromkeys(("uncached", "read", "write_5m", "write_1h", "output"), 0)
        yield Call(
            line=1,
            line_sha256=sha256(name.encode()).digest(),
            message_id=name,
            model=model,
            start_us=int(noon.timestamp()) * M + number,
            tier=tier,
            workload=workload,
            session=name,
            tokens=Tokens(**{**counts, **tokens}),
        )


def before() -> list[Call]:
    return [
        *calls(BASELINE, "chat", "claude-big", 1_000, uncached=4 * M, output=M // 2),
        *calls(BASELINE, "etl", "claude-big", 200, uncached=10 * M, output=M),
        *calls(BASELINE, "old", "claude-small", 50, uncached=2 * M, output=M // 5),
    ]


def after() -> list[Call]:
    big: dict[str, Any] = {"uncached": M, "write_5m": M // 2, "read": 5 * M // 2, "output": 450_000}
    return [
        *calls(OCTOBER, "chat", "claude-big", 600, **big),
        *calls(OCTOBER, "chat", "claude-mid", 600, uncached=4 * M, output=450_000),
        *calls(OCTOBER, "etl", "claude-big", 250, "batch", uncached=10 * M, output=M),
        *calls(OCTOBER, "new", "claude-small", 100, uncached=4 * M, output=M // 2),
    ]


@contextmanager
def store_of(logged: Iterable[Call]) -> Iterator[Store]:
    with Store.open(Path(":memory:"), create=True) as store:
        batch, count = Batch(), FileCount("one")
        for call in logged:
            count.add(batch, call)
        count.close(batch, ("one", "messages", "0" * 64, 0, 0, 0))
        with store.transaction():
            store.take(batch)
        yield store


def frozen(store: Store, sold: Book) -> tuple[Baseline, str]:
    found = freeze(store, sold, Ask(BASELINE))
    return found, sha256(to_bytes(found)).hexdigest()


def verified(logged: Iterable[Call] | None = None, **asked: Any) -> Verification:
    """Freeze and compare the worked months, or others."""
    sold = book()
    with store_of([*before(), *after()] if logged is None else logged) as store:
        given = {"span": OCTOBER, "measures": MEASURES, "contract": TENTH, **asked}
        return compare(store, sold, *frozen(store, sold), Asked(**given))
