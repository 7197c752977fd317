"""The contract's own files: fee terms, measures, register of adjustments, and their evidence."""

import hashlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from generator.contract import company as co
from generator.contract.evidence import (
    PAIRS,
    Graded,
    Paired,
    graded,
    half_page,
    load_test,
    paired,
)
from generator.contract.traffic import Sent
from generator.truth import Billed
from generator.vendor_reports import Price

_PICO_PER_CENT = 10**10
_OPUS_OUTPUT = Decimal("0.000025")
_CENT = Decimal("0.01")
_DISPUTED = "14.20"
TERMS = f"""\
# Synthetic: what {co.CLIENT} and {co.CONSULTANT} agreed. No real contract looks like this.
version = 1
currency = "USD"
hurdle = 0.05          # of the adjusted baseline, before any fee
cap = "500.00"         # over all periods
life_months = 24
least_grade = "E3"

[[tier]]
up_to = 120            # of the eligible savings so far
share = 0.25

[[tier]]
share = 0.15           # of the rest
"""
CONTRACT = f"""\
source = "Synthetic: {co.CLIENT} pays list prices and has signed no commit"
commit = "none"

[discount]
default = "0"
"""


def papers(seed: int, bills: list[tuple[Sent, Billed]], price: Price) -> dict[str, bytes]:
    """Give path and content of every file."""
    calls = [one for one, _ in bills]
    pairs = paired(seed)
    grades = _grades(seed)
    tested, _ = load_test(calls)
    halved, tokens = half_page(calls)
    evidence = {
        **{f"evidence/{name}-pairs.csv": _csv(one.rows) for name, one in pairs.items()},
        **{f"evidence/{name}.csv": _csv(one.rows) for name, (_, _, _, one) in grades.items()},
        "evidence/load-test.csv": _csv(tested),
        "evidence/half-page-briefs.csv": _csv(halved),
        "evidence/form-lengths.csv": b"synthetic_month,pages_a_form\n2026-09,58\n2026-10,61\n",
    }
    test_cost = sum(
        sum((price(bill) or {}).values())
        for one, bill in bills
        if one.exchange.name.startswith("loadtest_")
    )
    over = (pairs["daily-brief"].ratio - 1) * tokens * _OPUS_OUTPUT
    amounts = (
        -(Decimal(test_cost) / _PICO_PER_CENT / 100).quantize(_CENT),
        -over.quantize(_CENT),
    )
    return {
        **evidence,
        "terms.toml": TERMS.encode(),
        "contract.toml": CONTRACT.encode(),
        "measures.toml": _measures(pairs, grades, evidence).encode(),
        "register.toml": _register(amounts, evidence).encode(),
    }


def _grades(seed: int) -> dict[str, tuple[str, str, str, Graded]]:
    """Give workload, lever, month and grades by file name; one gate fails."""
    plans = (
        ("daily-brief", "output", "2026-09", 0.05),
        ("daily-brief", "output", "2026-10", 0.05),
        ("carrier-mail", "routing", "2026-10", 0.05),
        ("customs-forms", "output", "2026-10", 0.45),
    )
    return {
        f"{who}-{month}-grades": (who, lever, month, graded(seed, f"{who}_{month}", worse))
        for who, lever, month, worse in plans
    }


def _measures(
    pairs: dict[str, Paired],
    grades: dict[str, tuple[str, str, str, Graded]],
    evidence: dict[str, bytes],
) -> str:
    parts = [
        f"# Synthetic: what was rolled out at {co.CLIENT}, and what it was measured by.",
        'version = 1\ncurrency = "USD"',
        _deployment("desk-assistant", "caching", co.CACHING),
        _deployment("daily-brief", "output", co.BRIEF_CAP),
        _deployment("customs-forms", "batch", co.BATCHES),
        _deployment("customs-forms", "output", co.FORMS_CAP),
        _deployment("carrier-mail", "routing", co.ROUTING),
        _routing(pairs["carrier-mail"], evidence),
        *(_output(name, pairs[name], evidence) for name in ("daily-brief", "customs-forms")),
        *(_quality(name, *told, evidence) for name, told in grades.items()),
        *(_own_cost(month) for month in co.PERIODS),
    ]
    return "\n\n".join(parts) + "\n"


def _deployment(workload: str, lever: str, days: tuple[date, date]) -> str:
    return _table(
        "deployment", f'workload = "{workload}"', f'lever = "{lever}"',
        f"started = {days[0]}", f"completed = {days[1]}",
    )  # fmt: skip


def _routing(found: Paired, evidence: dict[str, bytes]) -> str:
    return _table(
        "routing",
        'workload = "carrier-mail"',
        f'actual = "{co.SONNET}"',
        f'baseline = "{co.OPUS}"',
        "input_ratio = 1              # both models count alike",
        f'output_ratio = "{found.ratio}"',
        f'uncertainty = "{found.uncertainty}"',
        f"calls = {PAIRS}",
        *_evident("evidence/carrier-mail-pairs.csv", evidence),
    )


def _output(name: str, found: Paired, evidence: dict[str, bytes]) -> str:
    return _table(
        "output",
        f'workload = "{name}"',
        f'ratio = "{found.ratio}"',
        f'uncertainty = "{found.uncertainty}"',
        f"calls = {PAIRS}",
        *_evident(f"evidence/{name}-pairs.csv", evidence),
    )


def _quality(
    name: str, workload: str, lever: str, month: str, found: Graded, evidence: dict[str, bytes]
) -> str:
    first = date.fromisoformat(f"{month}-01")
    last = max(day for day in co.days() if f"{day:%Y-%m}" == month)
    return _table(
        "quality",
        f'workload = "{workload}"',
        f'lever = "{lever}"',
        f"first_day = {first}",
        f"last_day = {last}",
        f'lower_bound = "{found.lower_bound}"',
        'margin = "0.03"',
        *_evident(f"evidence/{name}.csv", evidence),
    )


def _own_cost(month: str) -> str:
    last = max(day for day in co.days() if f"{day:%Y-%m}" == month)
    return _table(
        "own_cost", f"first_day = {month}-01", f"last_day = {last}", 'amount = "9.50"',
        'what = "gateway and grading of answers"',
    )  # fmt: skip


def _register(amounts: tuple[Decimal, Decimal], evidence: dict[str, bytes]) -> str:
    both = f'signed_by = ["{co.CLIENT}", "{co.CONSULTANT}"]'
    head = "\n".join((
        f"# Synthetic: adjustments between {co.CLIENT} and {co.CONSULTANT}.",
        'version = 1\ncurrency = "USD"',
        "first_day = 2026-09-01\nlast_day = 2027-08-31",
        f'parties = ["{co.CLIENT}", "{co.CONSULTANT}"]',
    ))  # fmt: skip
    entries = (
        _entry(
            ("A1", "test_load", "carrier-mail", co.LOAD_TEST),
            "the test's calls at list price, taken out of both sides",
            str(amounts[0]),
            (co.CLIENT, "2026-10-05", both, "signed"),
            _evident("evidence/load-test.csv", evidence),
        ),
        _entry(
            ("A2", "prompt_change", "daily-brief", co.HALF_PAGE),
            "the client asks for half a page itself: output x (ratio - 1) x price, from that day",
            str(amounts[1]),
            (co.CLIENT, "2026-11-03", both, "signed"),
            _evident("evidence/half-page-briefs.csv", evidence),
        ),
        _entry(
            ("A3", "mix_drift", "customs-forms", (date(2026, 10, 1), date(2026, 10, 31))),
            "longer forms than in the baseline, weighed anew",
            _DISPUTED,
            (co.CONSULTANT, "2026-11-05", f'signed_by = ["{co.CONSULTANT}"]', "open"),
            _evident("evidence/form-lengths.csv", evidence),
        ),
    )
    return "\n\n".join((head, *entries)) + "\n"


def _entry(
    what: tuple[str, str, str, tuple[date, date]],
    method: str,
    amount: str,
    raised: tuple[str, str, str, str],
    evident: tuple[str, str],
) -> str:
    name, trigger, workload, days = what
    who, on, signed_by, status = raised
    return _table(
        "adjustment",
        f'id = "{name}"',
        f"first_day = {days[0]}",
        f"last_day = {days[1]}",
        f'trigger = "{trigger}"',
        f'workloads = ["{workload}"]',
        *evident,
        f'method = "{method}"',
        f'amount = "{amount}"',
        f'raised_by = "{who}"',
        f"raised_on = {on}",
        signed_by,
        f'status = "{status}"',
    )


def _evident(path: str, evidence: dict[str, bytes]) -> tuple[str, str]:
    return f'evidence = "{path}"', f'sha256 = "{hashlib.sha256(evidence[path]).hexdigest()}"'


def _table(name: str, *lines: str) -> str:
    return "\n".join((f"[[{name}]]", *lines))


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    return "".join(f"{','.join(row)}\n" for row in rows).encode()
