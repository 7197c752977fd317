"""Any game split four ways, worked by hand."""

from fractions import Fraction

from analyzer.attribution import attribute, subsets

CAUSES = ("cache", "cap", "batch")


def cost(pulled: frozenset[str]) -> Fraction:
    """700 of input and 300 of output, each lever a factor on what it touches."""
    cache = Fraction(2, 5) if "cache" in pulled else 1
    cap = Fraction(4, 5) if "cap" in pulled else 1
    return (700 * cache + 300 * cap) * (Fraction(3, 4) if "batch" in pulled else Fraction(1))


def test_three_levers_that_meet() -> None:
    savings = {pulled: 1_000 - cost(pulled) for pulled in subsets(CAUSES)}
    found = attribute(savings, CAUSES)
    # alone 420 + 60 + 250 = 730, last 315 + 45 + 130 = 490, together 1,000 - 520 x .75 = 610
    assert found.total == 610
    assert [part.fair for part in found.parts] == [Fraction("367.5"), Fraction("52.5"), 190]
    assert [part.first_in for part in found.parts] == [420, 60, 250]
    assert [part.last_in for part in found.parts] == [315, 45, 130]
    assert [part.in_order for part in found.parts] == [420, 60, 130]
    assert not found.additive
    assert found.remark.startswith("not additive")


def test_causes_that_do_not_meet_say_nothing_of_it() -> None:
    worth = {"cache": 3, "cap": -2, "batch": 5}
    savings = {s: Fraction(sum(worth[one] for one in s)) for s in subsets(CAUSES)}
    found = attribute(savings, CAUSES)
    assert found.additive
    assert found.remark == ""
    assert [part.fair for part in found.parts] == [3, -2, 5]
