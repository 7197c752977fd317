"""Settlement against a ledger kept coin by coin: every coin of use looks for a coin that pays it.

A coin is one dollar as invoiced. Use, commits, minima and price cuts are drawn so that coins are
never broken; nothing here knows a formula for totals.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.contracts.commit.settlement import Settlement, settle
from analyzer.contracts.commit.terms import Carry, Terms

F = Fraction
GRAIN = 8
"""Half of a half of a half is still whole coins."""


@dataclass
class Ledger:
    """One contract, paid coin by coin."""

    terms: Terms
    index: list[F]
    cash: list[F] = field(default_factory=list)
    unused: list[int] = field(default_factory=list)
    topped: int = 0
    credits: list[int] = field(default_factory=list)
    """Last month of every coin of credit that is still there, oldest first."""
    expired: int = 0
    prepaid: int = 0
    drawn: int = 0
    owed: int = 0

    def year(self, place: int, use: list[F]) -> None:
        """Pay one interval."""
        terms = self.terms
        upfront = whole(terms.upfront_share * terms.commits[place])
        self.prepaid, self.drawn = upfront, 0
        for month, listed in enumerate(use):
            self._expire(place * terms.interval_months + month)
            self.owed = self._owed(place, month)
            self.cash.append(self._month(place, listed) + (upfront if month == 0 else 0))
        lost = max(self.owed - self.drawn, 0)
        self.cash[-1] += lost - self.prepaid - terms.refund * lost
        self.unused.append(lost)
        if terms.carry and place + 1 < len(terms.commits):
            last = (place + 1) * terms.interval_months - 1 + terms.carry.expiry_months
            self.credits += [last] * whole(terms.carry.share * lost)

    def _owed(self, place: int, month: int) -> int:
        length = self.terms.interval_months
        index = self.index[place * length : (place + 1) * length]
        stamps = [self.terms.commits[place] / length * each for each in index]
        return whole(sum(stamps[: month + 1], F(0)) + stamps[month] * (length - month - 1))

    def _expire(self, now: int) -> None:
        self.expired += sum(last < now for last in self.credits)
        self.credits = [last for last in self.credits if last >= now]

    def _month(self, place: int, listed: F) -> F:
        invoiced, terms = F(0), self.terms
        kept = 1 - terms.discounts[place]
        price = {"own": F(1), "credit": F(0), "list": (1 - terms.overage_discounts[place]) / kept}
        for _ in range(whole(kept * listed)):
            paid_by = self._coin(self.drawn < self.owed)
            self.drawn += paid_by == "own"
            if paid_by == "own" and self.prepaid:
                self.prepaid -= 1
            else:
                invoiced += price[paid_by]
        while invoiced < terms.monthly_minimum and self.drawn + self.prepaid < self.owed:
            invoiced += 1
            self._top_up()
        return invoiced

    def _top_up(self) -> None:
        if self.terms.upfront_share:
            self.prepaid += 1
        else:
            self.drawn, self.topped = self.drawn + 1, self.topped + 1

    def _coin(self, left: bool) -> str:  # noqa: FBT001 - one question of one coin
        order = ["own", "credit"]
        if self.terms.carry and self.terms.carry.burns == "first":
            order.reverse()
        for source in order:
            if source == "own" and left:
                return "own"
            if source == "credit" and self.credits:
                self.credits.pop(0)
                return "credit"
        return "list"


def whole(amount: F) -> int:
    assert amount.denominator == 1, amount
    return int(amount)


def kept(use: list[F], terms: Terms, index: list[F]) -> Ledger:
    ledger = Ledger(terms, index)
    for place in range(len(terms.commits)):
        length = terms.interval_months
        ledger.year(place, use[place * length : (place + 1) * length])
    return ledger


def agrees(ledger: Ledger, found: Settlement) -> None:
    assert list(found.cash) == ledger.cash
    assert list(found.unused) == ledger.unused
    assert found.expired == ledger.expired + len(ledger.credits)
    assert sum(found.idle) == sum(ledger.unused) + ledger.topped


OFF = st.sampled_from([(F(0), F(0)), (F(1, 5), F(1, 5)), (F(1, 2), F(0)), (F(1, 2), F(1, 2))])
"""Committed and overage discount: a coin of overage costs a whole number of coins."""


@st.composite
def contracts(draw: st.DrawFn) -> tuple[list[F], Terms, list[F]]:
    length, count = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    off = [draw(OFF) for _ in range(count)]
    clause = draw(st.sampled_from(["carry", "protected", "refund", "plain"]))
    upfront = F(0) if clause == "protected" else draw(st.sampled_from([F(0), F(1, 4), F(1)]))
    minimum = 0 if upfront == 1 else draw(st.integers(0, 9)) * GRAIN
    carry = Carry(
        draw(st.sampled_from([F(1, 2), F(1)])),
        draw(st.integers(1, 5)),
        draw(st.sampled_from(["first", "last"])),
    )
    terms = Terms(
        commits=tuple(F(draw(st.integers(0, 24)) * GRAIN * length) for _ in range(count)),
        discounts=tuple(each for each, _ in off),
        overage_discounts=tuple(each for _, each in off),
        interval_months=length,
        upfront_share=upfront,
        monthly_minimum=F(minimum),
        refund=F(1, 2) if clause == "refund" else F(0),
        carry=carry if clause == "carry" else None,
        price_protected=clause == "protected",
    )
    months = length * count
    use = [F(draw(st.integers(0, 3)) * GRAIN * 10) for _ in range(months)]
    halved = draw(st.integers(0, months))
    index = [F(1) if month < halved else F(1, 2) for month in range(months)]
    return use, terms, index if clause == "protected" else [F(1)] * months


@settings(max_examples=150)
@given(contracts())
def test_settlement_is_the_ledger_of_coins(drawn: tuple[list[F], Terms, list[F]]) -> None:
    use, terms, index = drawn
    agrees(kept(use, terms, index), settle(use, terms, index))


@pytest.mark.full
@settings(max_examples=2_000)
@given(contracts())
def test_settlement_is_the_ledger_of_coins_on_many_contracts(
    drawn: tuple[list[F], Terms, list[F]],
) -> None:
    use, terms, index = drawn
    agrees(kept(use, terms, index), settle(use, terms, index))


@pytest.mark.parametrize("burns", ["first", "last"])
@pytest.mark.parametrize(("expiry", "left"), [(1, 0), (2, 50), (3, 50)])
def test_credit_lives_for_its_months_and_not_one_longer(burns: str, expiry: int, left: int) -> None:
    # Month 1 leaves 50 of 100; month 2 fills its commit exactly; month 3 needs 150.
    none = (F(0),) * 3
    carry = Carry(F(1), expiry, burns)  # type: ignore[arg-type]  # a parameter of the test
    found = settle([50, 100, 150], Terms((F(100),) * 3, none, none, 1, carry=carry))
    if burns == "first":  # month 2 burns the 50 and carries 50 of its own, alive in month 3
        assert [month.from_credit for month in found.months] == [0, 50, 50]
        return
    assert [month.from_credit for month in found.months] == [0, 0, left]
    assert found.cash[2] == 150 - left
    assert found.expired == 50 - left


def test_credit_of_a_year_expires_as_its_last_month_ends() -> None:
    none = (F(0),) * 3
    terms = Terms((F(120),) * 3, none, none, 12, carry=Carry(F(1), 3, "last"))
    # 120 unused in year 1 live through months 13 to 15; 200 of use in month 15 or 16
    in_time = [0] * 14 + [200] + [0] * 21
    late = [0] * 15 + [200] + [0] * 20
    assert settle(in_time, terms).months[14].from_credit == 80
    assert settle(late, terms).months[15].from_credit == 0


def test_part_upfront_with_instalments_of_the_rest() -> None:
    terms = Terms((F(1200),), (F(0),), (F(0),), 12, upfront_share=F(1, 2), monthly_minimum=F(50))
    # 600 at once, 50 a month for what is not paid yet: month 12 has nothing left to settle
    idle = settle([0] * 12, terms)
    assert idle.cash == (F(650), *[F(50)] * 11)
    assert (idle.unused, idle.idle) == ((F(1200),), (F(1200),))
    # 100 a month use the 600 and 50 more each month: 600 + 50 n lasts until 100 n, twelve months
    busy = settle([100] * 12, terms)
    assert busy.cash == idle.cash
    assert busy.idle == (F(0),)
    # 200 a month: the 600 and four times 50 last until month 4, then use is invoiced
    quick = settle([200] * 12, terms)
    assert quick.cash == (F(650), F(50), F(50), F(50), F(200), *[F(200)] * 7)


def test_a_refund_pays_part_of_the_unused_back() -> None:
    late = Terms((F(1200),), (F(0),), (F(0),), 12, refund=F(1, 2))
    assert settle([50] * 12, late).cash == (*[F(50)] * 11, F(350))
    ahead = Terms((F(1200),), (F(0),), (F(0),), 12, upfront_share=F(1), refund=F(1, 2))
    assert settle([50] * 12, ahead).cash == (F(1200), *[F(0)] * 10, F(-300))
