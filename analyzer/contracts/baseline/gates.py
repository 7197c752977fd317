"""Whether a period suffices for a baseline; what fails is told, and the baseline is indicative.

The limits are proposals of this project after the customs of energy measurement (CalTRACK's 10 %
of missing days, whole weeks); they are no standard.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from analyzer.contracts.baseline.records import Gate, Standing, Workload
from analyzer.contracts.exact_text import exact_text
from analyzer.contracts.logged.reconciling import Matched

FEWEST_DAYS = 28
_WEEK = 7
LEAST_COVERAGE = Fraction(98, 100)
LEAST_DAYS_WITH_DATA = Fraction(9, 10)
LARGE = Fraction(5, 100)
"""Of the cost: a stratum above it needs enough sessions."""
FEWEST_SESSIONS = 30


def gates(
    days: int, active: int, workloads: Sequence[Workload], matched: Matched
) -> tuple[Gate, ...]:
    """Judge a period of counted days, of which some have calls."""
    return tuple(_gates(days, active, workloads, matched))


def _gates(
    days: int, active: int, workloads: Sequence[Workload], matched: Matched
) -> Iterator[Gate]:
    yield Gate("whole days", _standing(days >= FEWEST_DAYS), str(days), f"{FEWEST_DAYS} or more")
    yield Gate(
        "whole weeks", _standing(days % _WEEK == 0), f"{days // _WEEK} and {days % _WEEK} days",
        "no days over",
    )  # fmt: skip
    share = Fraction(active, days) if days else Fraction(0)
    yield Gate(
        "days with data", _standing(share >= LEAST_DAYS_WITH_DATA), f"{active} of {days}", "90 %"
    )
    covered = matched.covered
    yield Gate(
        "coverage of the vendor's report",
        "not compared" if covered is None else _standing(covered >= LEAST_COVERAGE),
        "no report" if covered is None else exact_text(round(covered, 6)),
        "0.98 or more",
    )
    yield _strata(workloads)
    yield Gate("month reconciled", _standing(matched.verdict == "pass"), matched.words, "pass")


def _strata(workloads: Sequence[Workload]) -> Gate:
    total = sum((one.bill for one in workloads), Fraction(0))
    thin = [
        f"{one.name}: {one.sessions}"
        for one in workloads
        if one.bill > LARGE * total and one.sessions < FEWEST_SESSIONS
    ]
    return Gate(
        "sessions of each workload above 5 % of cost",
        _standing(not thin),
        "; ".join(thin) or "enough",
        f"{FEWEST_SESSIONS} or more",
    )


def _standing(passed: bool) -> Standing:  # noqa: FBT001 - what it turns into a word
    return "pass" if passed else "fail"
