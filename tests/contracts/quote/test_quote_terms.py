"""A fixed fee against a share of the savings, worked by hand and by law."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.contracts.quote import Offer, Quote, Savings, quote
from analyzer.errors import ContractError

USD = 10**12


def usd(amount: float) -> Fraction:
    return Fraction(str(amount)) * USD


OFFER = Offer(usd(30_000), Fraction(1, 5), usd(60_000), ("two workloads",), ("fine-tuning",))
THREE = Savings(usd(50_000), usd(200_000), usd(400_000))


def test_both_fees_at_three_quantiles() -> None:
    found = quote(OFFER, THREE)
    told: list[object] = [
        (r.name, r.fixed_net / USD, r.gainshare_fee / USD, r.gainshare_net / USD, r.cheaper)
        for r in found.rows
    ]
    assert told == [
        ("P10", 20_000, 10_000, 40_000, "gainshare"),
        ("P50", 170_000, 40_000, 160_000, "fixed"),
        ("P90", 370_000, 60_000, 340_000, "fixed"),  # a fifth is 80,000, the cap 60,000
    ]
    assert found.even_fixed == usd(30_000)
    assert found.even_both == usd(150_000)
    assert found.capped_from == usd(300_000)
    assert found.means is None
    assert found.offer.scope == ("two workloads",)
    assert found.offer.exclusions == ("fine-tuning",)


def zones(found: Quote) -> list[tuple[object, ...]]:
    return [
        (z.high and z.high / USD, z.fixed.split()[2], z.gainshare, z.cheaper) for z in found.zones
    ]


def test_who_bears_what_from_the_lowest_saving_up() -> None:
    assert zones(quote(OFFER, THREE)) == [
        (0, "pays", "nothing is paid", "gainshare"),
        (30_000, "pays", "the saving is shared", "gainshare"),
        (150_000, "keeps", "the saving is shared", "gainshare"),
        (300_000, "keeps", "the saving is shared", "fixed"),
        (None, "keeps", "the client keeps all above the cap", "fixed"),
    ]


def test_a_cap_below_the_fixed_fee_leaves_the_share_cheaper_for_ever() -> None:
    found = quote(Offer(usd(30_000), Fraction(1, 5), usd(20_000)), THREE)
    assert found.even_both is None
    assert {zone.cheaper for zone in found.zones} == {"gainshare"}


def test_offers_of_nothing() -> None:
    free = quote(Offer(usd(0), Fraction(0)), THREE)
    assert [row.cheaper for row in free.rows] == [None] * 3
    assert free.even_fixed == 0
    assert free.even_both is None
    assert free.capped_from is None


def test_draws_give_means_and_chances() -> None:
    # 100 draws: -10,000, then 0, 10,000 and so on to 980,000
    found = quote(OFFER, Savings.of_draws([usd(10_000 * place) for place in range(-1, 99)]))
    assert [row.saving / USD for row in found.rows] == [80_000, 480_000, 880_000]
    means = found.means
    assert means is not None
    assert means.saving == usd(485_000)
    # a fifth of 10,000 to 300,000 is 2,000 x 465, the other 68 pay 60,000
    assert means.gainshare_fee == usd(50_100)
    assert means.fixed_net == usd(455_000)
    assert means.gainshare_net == means.saving - means.gainshare_fee
    assert means.fixed_loses == Fraction(4, 100)
    assert means.cap_binds == Fraction(68, 100)
    assert [zone.chance for zone in found.zones] == [Fraction(n, 100) for n in (2, 3, 12, 15, 68)]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"fixed": usd(-1)}, "fixed: -1 dollars is below 0"),
        ({"share": Fraction(6, 5)}, "share: 1.2 is not allowed"),
        ({"cap": usd(-1)}, "cap: -1 dollars is below 0"),
        ({"scope": ("a", " ")}, "scope: a line is empty"),
        ({"exclusions": ("",)}, "exclusions: a line is empty"),
    ],
)
def test_an_offer_at_fault_cannot_be_made(given_: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        Offer(**{"fixed": usd(1), "share": Fraction(1, 5), **given_})


def test_savings_at_fault_are_refused() -> None:
    with pytest.raises(ContractError, match="out of order"):
        quote(OFFER, Savings(usd(2), usd(1), usd(3)))
    with pytest.raises(ContractError, match="99 draws, give at least 100"):
        Savings.of_draws([usd(1)] * 99)


amounts = st.integers(0, 10**6).map(usd)
offers = st.builds(Offer, amounts, st.fractions(0, 1, max_denominator=50), st.none() | amounts)
many = st.lists(st.integers(-(10**6), 10**7).map(usd), min_size=100, max_size=130)


@given(offers, many)
def test_what_one_side_gets_the_other_pays(offer: Offer, draws: list[Fraction]) -> None:
    found = quote(offer, Savings.of_draws(draws))
    assert found.means is not None
    assert found.means.gainshare_net + found.means.gainshare_fee == found.means.saving
    assert found.means.saving == sum(draws) / len(draws)
    chances = [zone.chance for zone in found.zones if zone.chance is not None]
    assert sum(chances) == 1
    for row in found.rows:
        below = sum(one <= row.saving for one in draws)
        assert below * 100 >= int(row.name[1:]) * len(draws)
        nets = sorted(one - offer.gainshare(one) for one in draws)
        assert row.gainshare_net == nets[-(-int(row.name[1:]) * len(draws) // 100) - 1]


@given(offers, st.integers(-(10**6), 10**7).map(usd))
def test_a_zone_tells_the_cheaper_fee_of_every_saving_in_it(offer: Offer, saving: Fraction) -> None:
    found = quote(offer, Savings(saving, saving, saving))
    zone = next(
        z for z in found.zones
        if (z.low is None or saving > z.low) and (z.high is None or saving <= z.high)
    )  # fmt: skip
    edges = {found.even_both, found.even_fixed, found.capped_from, Fraction(0)}
    if saving not in edges:
        assert zone.cheaper == found.rows[0].cheaper
        assert (found.rows[0].fixed_net < 0) == zone.fixed.startswith("the client pays")
