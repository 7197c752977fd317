"""What ratios, quality gates and adjustments rest on: paired runs, graded answers, counts."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from generator.calendar import day_of
from generator.contract import company as co
from generator.contract.traffic import (
    BRIEF_SHORTER,
    FORMS_SHORTER,
    MAIL_LONGER,
    Sent,
    changed,
)
from generator.seeded import Curve, Sampler, stream

Rows = tuple[tuple[str, ...], ...]
"""Of a CSV file, its head first."""
PAIRS = 60
GRADED = 80
_AT_95 = 1.645
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Paired:
    """The same prompts run under both settings."""

    rows: Rows
    ratio: Decimal
    """Output tokens of the baseline's setting for one of today's."""
    uncertainty: Decimal
    """Relative, one standard deviation."""


@dataclass(frozen=True, slots=True)
class Graded:
    """Differences of blind grades, today's less the baseline's."""

    rows: Rows
    lower_bound: Decimal


def paired(seed: int) -> dict[str, Paired]:
    """Give the paired sample of each workload whose answers changed in length."""
    plans = (
        ("carrier-mail", MAIL_LONGER, Curve({0.05: 500, 0.5: 1300, 0.95: 2900})),
        ("daily-brief", BRIEF_SHORTER, Curve({0.05: 5200, 0.5: 8600, 0.95: 13_000})),
        ("customs-forms", FORMS_SHORTER, Curve({0.05: 900, 0.5: 2200, 0.95: 4800})),
    )
    return {name: _paired(seed, name, factor, curve) for name, factor, curve in plans}


def graded(seed: int, name: str, worse: float) -> Graded:
    """Give graded pairs of which a share became worse; 5 % became better."""
    random = stream(seed, f"contract grades {name}")
    found = []
    for _ in range(GRADED):
        draw = random.random()
        found.append(-1 if draw < worse else (1 if draw > 0.95 else 0))  # noqa: PLR2004 - as told
    mean = Fraction(sum(found), GRADED)
    variance = sum((one - mean) ** 2 for one in found) / (GRADED - 1)
    bound = float(mean) / 10 - _AT_95 * sqrt(variance / GRADED) / 10
    rows = (
        ("synthetic_pair", "grade_difference_of_ten"),
        *((f"{name}_{place}", str(one)) for place, one in enumerate(found, 1)),
    )
    return Graded(rows, Decimal(bound).quantize(_PLACES))


def load_test(calls: list[Sent]) -> tuple[Rows, int]:
    """Give the calls of the client's load test, and how many."""
    names = [one.exchange.name for one in calls if one.exchange.name.startswith("loadtest_")]
    return (("synthetic_call",), *((name,) for name in names)), len(names)


def half_page(calls: list[Sent]) -> tuple[Rows, int]:
    """Give the briefs after the client's own change, and all their output tokens."""
    found = [
        one.exchange
        for one in calls
        if one.exchange.caller == co.BRIEF and day_of(one.exchange.start_ms) >= co.HALF_PAGE[0]
    ]
    rows = (("synthetic_call", "output_tokens"),
            *((one.name, str(one.output_tokens)) for one in found))  # fmt: skip
    return rows, sum(one.output_tokens for one in found)


def _paired(seed: int, name: str, factor: float, curve: Curve) -> Paired:
    random = stream(seed, f"contract pairs {name}")
    lengths = Sampler(random, curve)
    before = [lengths.draw_int() for _ in range(PAIRS)]
    after = [changed(random, tokens, factor) for tokens in before]
    ratio = Fraction(sum(before), sum(after))
    # Of a ratio of sums: spread of what the ratio leaves over, against the mean of its numerator.
    left = [b - ratio * a for b, a in zip(before, after, strict=True)]
    spread = sqrt(sum(one**2 for one in left) / (PAIRS - 1) / PAIRS)
    relative = Decimal(spread * PAIRS / sum(before)).quantize(_PLACES)
    rows = (
        ("synthetic_pair", "baseline_output_tokens", "output_tokens"),
        *(
            (f"{name}_{place}", str(b), str(a))
            for place, (b, a) in enumerate(zip(before, after, strict=True), 1)
        ),
    )
    return Paired(rows, _four(ratio), relative)


def _four(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(_PLACES)
