"""The fee against a settlement written another way: one function of the sums so far."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.fee import FeeTerms, settle
from tests.contracts.fee.test_fee_laws import any_terms, figures, months
from tests.contracts.fee.worked_fee import MONTHS, USD, terms

Told = Sequence[tuple[int, int, int, int]]


def paid_after(told: Told, agreed: FeeTerms) -> Decimal:
    """What is owed for all of these months together, in dollars, by the definition.

    eligible = max(0, basis - hurdle x adjusted); fee = the area under the marginal shares up to it;
    then floor, share cap and cap.
    """
    adjusted = sum(Decimal(row[0]) for row in told)
    net = sum(Decimal(row[0]) - Decimal(row[1]) - Decimal(row[2]) for row in told)
    basis = net
    if agreed.basis == "lower bound":
        spreads = [Decimal(row[3]) for row in told]
        spread = (
            sum(spreads) if agreed.shared_bias else sum((s * s for s in spreads), Decimal(0)).sqrt()
        )
        basis = net - number(agreed.factor) * Decimal(spread)
    left = max(Decimal(0), basis - number(agreed.hurdle) * adjusted)
    fee, below = Decimal(0), Decimal(0)
    for tier in agreed.tiers:
        room = left if tier.up_to is None else min(left, number(tier.up_to / USD) - below)
        fee += number(tier.share) * room
        left, below = left - room, number((tier.up_to or 0) / Fraction(USD))
    floor = number(agreed.floor / USD) * len(told)
    fee = max(fee, floor)
    fee = min(fee, max(floor, number(agreed.cap_share) * max(net, Decimal(0))))
    if agreed.cap is not None:
        fee = min(fee, number(agreed.cap / USD))
    return fee


def number(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


@given(figures, any_terms(life_months=None, above_it="lower bound"))
@settings(max_examples=60)
def test_each_due_is_what_the_definition_leaves_to_pay(
    told: list[tuple[int, int, int, int]], agreed: FeeTerms
) -> None:
    with localcontext() as context:
        context.prec = 60
        paid = Decimal(0)
        for place, statement in enumerate(settle(months(told), agreed), 1):
            due = paid_after(told[:place], agreed) - paid
            due = due if agreed.clawback else max(due, Decimal(0))
            # half a cent of each side's rounding, cumulated fees are rounded and dues are not
            assert abs(number(statement.due / USD) - due) <= Decimal("0.01")
            paid += number(statement.due / USD)
            assert paid == paid.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def test_the_reference_months_by_the_definition() -> None:
    told = [(100_000, 70_000, 2_000, 0), (110_000, 115_000, 2_000, 0), (120_000, 80_000, 2_000, 0)]
    owed = [paid_after(told[:place], terms()) for place in (1, 2, 3)]
    # 5,450; 2,625, so a credit note of 2,825; 8,375
    assert owed == [Decimal(5_450), Decimal(2_625), Decimal(8_375)]
    assert [one.due / USD for one in settle(MONTHS, terms())] == [5_450, -2_825, 5_750]


@given(figures, any_terms(clawback=True, floor=Fraction(0), shared_bias=True), st.data())
@settings(max_examples=60)
def test_the_order_of_months_does_not_change_what_is_paid_in_the_end(
    told: list[tuple[int, int, int, int]], agreed: FeeTerms, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(told))
    assert settle(months(told), agreed)[-1].paid == settle(months(shuffled), agreed)[-1].paid
