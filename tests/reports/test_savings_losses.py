"""A policy that costs more is said to cost more, wherever the page speaks of it."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.results import Savings
from reports.savings import render

PICO = 10**12


@pytest.fixture
def losing(savings: Savings) -> Savings:
    """Nothing accepted; the assumed lines cost $1,000 more."""
    none = tuple(
        replace(s, in_order=Fraction(0), fair_share=Fraction(0), alone=Fraction(0), grade=None,
                added_last=Fraction(0))
        for s in savings.accepted_levers
    )  # fmt: skip
    return replace(
        savings,
        saving=Fraction(0),
        potential=Fraction(-1_000 * PICO),
        accepted_levers=none,
        workloads=tuple(replace(w, saving=Fraction(0)) for w in savings.workloads),
    )


def test_assumed_lines_that_cost_more_are_the_claim(losing: Savings) -> None:
    page = render(losing)
    claim = re.sub(r"<[^>]*>", "", page[page.index("<h1") : page.index("</h1>")])
    assert claim == "This policy would have cost $1,000 more: $340,742 instead of $339,742."
    assert "No saving was found" not in page
    assert "leave them out" in page
    assert "Together the levers would cost more than they save." in page


def test_a_saving_beside_a_costly_assumption_warns_of_it(savings: Savings) -> None:
    page = render(replace(savings, potential=Fraction(-7 * PICO)))
    assert "could have cost" in page
    assert "leave them out" in page


def test_a_loss_is_never_a_saving_above_the_error(savings: Savings) -> None:
    losses = tuple(replace(w, saving=-abs(w.saving) - 1) for w in savings.workloads)
    page = render(replace(savings, workloads=losses))
    section = page[page.index("Replay error by workload") : page.index('id="s4"')]
    assert "it costs more" in section
    assert '<td data-l="Saving above error?">yes' not in section
