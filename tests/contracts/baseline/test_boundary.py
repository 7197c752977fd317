"""A contract that covers some workspaces or workloads: all else of the store is in no figure."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analyzer.contracts.baseline import Ask, Baseline, freeze, load, to_bytes
from analyzer.contracts.logged import Covered, whole_days
from analyzer.contracts.verification import Asked, compare
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.trace import Call

SPAN = whole_days("2026-08-03..2026-08-30")
LATER = whole_days("2026-08-31..2026-09-27")
OURS = Covered(workspaces=("ours",))
Within = Callable[[list[Call], str], list[Call]]


@pytest.fixture
def within(weeks: Any) -> Within:
    """Two months of a workspace; its later month is sent in batches."""

    def made(name: str, **fields: Any) -> list[Call]:
        names = {"workspace": name, **fields}
        first = weeks(**names)
        later = weeks(first=LATER.first_day, tier="batch", **names)
        return [
            Call(**{**told(one), "message_id": f"{name} {one.message_id}"})
            for one in [*first, *later]
        ]

    return made  # type: ignore[return-value]


def told(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in Call.__struct_fields__}


def frozen(filled: Any, calls: list[Call], covered: Covered, *report: Any, **how: Any) -> Baseline:
    with filled(calls, *report, **how) as store:
        return freeze(store, Book.load(), Ask(SPAN, covered=covered))


def test_what_lies_outside_is_in_no_figure(within: Any, filled: Any, tmp_path: Path) -> None:
    ours, theirs = within("ours"), within("theirs", workload="digest")
    silent = within("x", workload="nobody", workspace=None)
    alone = frozen(filled, ours, OURS)
    assert to_bytes(alone) == to_bytes(frozen(filled, [*theirs, *ours, *silent], OURS))
    # 56 calls of 1,000 tokens at $5 and 100 at $25 a million
    assert alone.bill == Fraction(56 * 7_500, 10**6) * 10**12
    assert alone.boundary.workspaces == ("ours",)
    path = tmp_path / "b.json"
    path.write_bytes(to_bytes(alone))
    assert load(path)[0] == alone
    both = frozen(filled, [*ours, *theirs], Covered(workloads=("chat",)))
    assert replace(both.boundary, covered=OURS) == alone.boundary
    assert (both.bill, both.manifest.days) == (alone.bill, alone.manifest.days)


@pytest.mark.parametrize("covered", [OURS, Covered(workloads=("chat",))])
def test_a_comparison_keeps_to_the_boundary(within: Any, filled: Any, covered: Covered) -> None:
    ours, theirs = within("ours"), within("theirs", workload="digest", model="claude-opus-4-8")
    found = []
    for calls in (ours, [*theirs, *ours]):
        with filled(calls) as store:
            baseline = freeze(store, Book.load(), Ask(SPAN, covered=covered))
            found.append(compare(store, Book.load(), baseline, "0" * 64, Asked(LATER)))
    # half price on 56 calls of $0.0075
    assert found[0].avoided == Fraction(56 * 3_750, 10**6) * 10**12
    assert replace(found[1], baseline_sha256="0" * 64) == found[0]
    whole = frozen(filled, [*theirs, *ours], Covered())
    with filled([*theirs, *ours]) as store:
        every = compare(store, Book.load(), whole, "0" * 64, Asked(LATER))
    assert every.avoided == 2 * found[0].avoided


def test_the_vendors_report_is_cut_by_workspace_too(within: Any, filled: Any) -> None:
    ours, theirs = within("ours"), within("theirs")
    logged, reported = [*ours, *theirs[:1]], [*ours, *theirs]
    cut = frozen(filled, logged, OURS, reported, by_workspace=True)
    assert (cut.reconciliation, cut.coverage) == ("pass", Fraction(1))
    both = Covered(workspaces=("ours", "theirs"))
    assert frozen(filled, logged, both, reported, by_workspace=True).reconciliation == "fail"


def test_a_report_that_tells_no_workspaces_reconciles_nothing_and_says_so(
    within: Any, filled: Any
) -> None:
    ours = within("ours")
    found = frozen(filled, ours, OURS, ours)
    gate = next(one for one in found.gates if one.name == "month reconciled")
    assert (gate.standing, gate.figure) == (
        "fail", "not compared: the usage report tells no workspaces",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("covered", "words"),
    [
        (Covered(workspaces=("other",)), "workspace 'other' has no call in the period; the log ha"),
        (Covered(workloads=("W01",)), "workload 'W01' has no call in the period; the log has chat"),
        (Covered(workspaces=("ours", "ours")), "a workspace stands twice"),
    ],
)
def test_names_that_no_call_has_are_refused(
    within: Any, filled: Any, covered: Covered, words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        frozen(filled, within("ours"), covered)
