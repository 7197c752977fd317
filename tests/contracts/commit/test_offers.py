from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.commit.offers import PoolOffer, RateOffer
from analyzer.contracts.commit.offers_file import read_offers
from analyzer.contracts.commit.terms import terms
from analyzer.errors import ContractError

EXAMPLE = Path(__file__).parents[3] / "docs" / "offers-example.toml"
POOL = """version = 1
[[contract_commitment]]
id = "a"
description = "invented"
model = "Discontinuous"
billing_currency = "USD"
period_start = 2027-01-01
period_end = 2029-01-01
fulfillment_interval = "Annual"
overage_discount_percentage = "committed"
"""
TIERS = """[[contract_commitment.tier]]
cost = 600
discount_percentage = 0.10
[[contract_commitment.tier]]
cost = 1_200
discount_percentage = 0.15
"""
RAMP = """[[contract_commitment.ramp]]
period_start = 2027-01-01
period_end = 2028-01-01
share = 0.5
[[contract_commitment.ramp]]
period_start = 2028-01-01
period_end = 2029-01-01
share = 1
"""


def pool(text: str) -> PoolOffer:
    offer = read_offers(text, "offers.toml").contract_commitment[0]
    assert isinstance(offer, PoolOffer)
    return offer


def refusal(text: str) -> str:
    with pytest.raises(ContractError) as caught:
        read_offers(text, "offers.toml")
    return str(caught.value)


def test_the_example_is_read_and_says_its_numbers_are_invented() -> None:
    text = EXAMPLE.read_text()
    assert "invented" in text
    offers = read_offers(text, "example").contract_commitment
    assert {type(offer) for offer in offers} == {PoolOffer, RateOffer}


def test_a_ramp_lowers_the_commit_and_with_it_the_tier() -> None:
    found = terms(pool(POOL + TIERS + RAMP), Fraction(1200))
    assert [int(commit) for commit in found.commits] == [600, 1200]
    assert found.discounts == (Fraction(1, 10), Fraction(3, 20))
    assert found.overage_discounts == found.discounts


def test_a_commit_counted_at_list_is_invoiced_net() -> None:
    found = terms(pool(POOL + 'counts_at = "list"\n' + TIERS), Fraction(1200))
    assert [int(commit) for commit in found.commits] == [1020, 1020]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.10", "-0.10", "contract_commitment[0].tier[0].discount_percentage: -0.10 is not"),
        ("0.10", "1.5", "tier[0].discount_percentage: 1.5 is not allowed, give a share from 0 to"),
        ("0.10", "nan", "tier[0].discount_percentage: NaN is not allowed"),
        ("0.10", "0.16", "tier[1].discount_percentage: must not be below the smaller tier's"),
        ("1_200", "500", "contract_commitment[0].tier[1].cost: must be above the tier before it"),
        ("cost = 600", "cots = 600", "tier[0].cots: unknown key, did you mean `cost`?"),
        ('"USD"', '"EUR"', "billing_currency: EUR is mixed with list prices in USD"),
        ("2027-01-01\nperiod_end = 2029", "0001-01-01\nperiod_end = 2029", "more than 120 months"),
        ("2029-01-01\nf", "9999-01-01\nf", "period_end: a term of more than 120 months"),
        (
            "1_200",
            "1e400",
            "cost: 1E+400 is not allowed, give an amount of 0 or more, of at most 18",
        ),
        ('"a"', '"a\\nb"', 'id: "a\\nb" is not allowed, give one line of words'),
        ('"a"', '"\\u001b[31m"', 'id: "\\u001b[31m" is not allowed, give one line of words'),
        ('"USD"', '"dollars"', 'billing_currency: "dollars" is not allowed'),
        ("2029-01-01\nf", "2029-01-15\nf", "period_end: the term must be whole months"),
        ("2029-01-01\nf", "2027-01-01\nf", "period_end: the term must be whole months"),
        ("2029-01-01\nf", "2028-07-01\nf", "fulfillment_interval: Annual does not divide"),
        ("2028-01-01\nperiod_end = 2029", "2027-07-01\nperiod_end = 2029", "overlaps the step"),
        ("2028-01-01\nperiod_end = 2029", "2028-02-01\nperiod_end = 2029", "leaves a gap"),
        ("2028-01-01\nshare = 0.5", "2027-06-01\nshare = 0.5", "must be the end of a whole inter"),
        ("share = 1\n", "share = 0.75\n", "ramp: one share must be 1"),
        ('"committed"', "0.2", "overage_discount_percentage: is above the discount of the first"),
        ('"committed"', '"lots"', 'overage_discount_percentage: "lots" is not allowed, give "com'),
        ('overage_discount_percentage = "committed"\n', "", "overage_discount_percentage: missing"),
        ('"Discontinuous"', '"Pool"', 'model: give "Discontinuous" (a pool) or "Continuous"'),
        ('"Annual"', '"Annual"\npayment_upfront_percentage = 1', "contradicts payment_model No"),
        ('"Annual"', '"Annual"\npayment_model = "Partial Upfront"', "needs a share between 0 and"),
        (
            '"Annual"',
            '"Annual"\npayment_model = "All Upfront"\nmonthly_minimum = 5',
            "monthly_minimum: what is paid upfront has no minimum",
        ),
        (
            '"Annual"',
            '"Annual"\npayment_model = "All Upfront"\nprice_protection = true',
            "price_protection: lowers a commit that payment_model says is paid",
        ),
        (
            '"Annual"',
            '"Annual"\nunused_refund_percentage = 0.5\nrollover = { share = 0.5 }',
            "unused_refund_percentage: rollover carries the same unused commit",
        ),
        (
            '"Annual"',
            (
                '"Annual"\npayment_model = "Partial Upfront"\npayment_upfront_percentage = 0.5\n'
                "monthly_minimum = 13"
            ),
            "monthly_minimum: over one interval it exceeds the smallest commit of the offer, less",
        ),
        ('"Annual"', '"Annual"\nmonthly_minimum = 60', "monthly_minimum: over one interval it ex"),
        ("version = 1\n", "version = 2\n", "version: 2 is not allowed, give 1"),
        (
            "version = 1\n",
            "version = 1\nuncommitted_discount_percentage = 0.12\n",
            "is below uncom",
        ),
        ("version = 1\n", "version = 1\noutlook = {price_cut = 0.2}\n", "goes with price_cut_ch"),
        ("version = 1\n", "version = \n", "not valid TOML"),
    ],
)
def test_a_contradiction_is_refused_with_its_field_and_rule(old: str, new: str, said: str) -> None:
    text = POOL + TIERS + RAMP
    assert text.count(old) >= 1
    assert said in refusal(text.replace(old, new, 1))


def test_part_upfront_goes_with_instalments_of_the_rest() -> None:
    more = 'payment_model = "Partial Upfront"\npayment_upfront_percentage = 0.5\n'
    # half of the first year's 300 in twelve instalments is 12.50
    found = terms(pool(POOL + more + "monthly_minimum = 12.5\n" + TIERS + RAMP), Fraction(1200))
    assert (found.upfront_share, found.monthly_minimum) == (Fraction(1, 2), Fraction(25, 2))


def test_every_fault_is_named_and_an_id_names_one_offer() -> None:
    text = POOL + TIERS
    twice = refusal(text + text.removeprefix("version = 1\n"))
    assert 'contract_commitment[1].id: "a" names two offers' in twice
    both = refusal(text.replace("600", "-1").replace('"a"', '""'))
    assert "id:" in both
    assert "cost: -1" in both


def test_nothing_is_carried_beyond_the_only_interval() -> None:
    text = POOL.replace('"Annual"', '"Full Period"\nrollover = {share = 1}') + TIERS
    said = refusal(text)
    assert said.startswith("offers.toml: contract_commitment[0].rollover: the term is one interval")
    assert "invented" not in said


RATE = """version = 1
[[contract_commitment]]
id = "r"
description = "invented"
model = "Continuous"
billing_currency = "USD"
period_start = 2027-01-01
period_end = 2027-07-01
fulfillment_interval = "Custom"
interval_minutes = 1
eligible_service_tiers = ["standard"]
[[contract_commitment.tier]]
cost = 0
discount_percentage = 0.25
"""


def test_a_rate_is_by_the_minute_hour_or_day() -> None:
    offer = read_offers(RATE, "offers.toml").contract_commitment[0]
    assert isinstance(offer, RateOffer)
    assert offer.minutes == 1
    assert "interval_minutes: must divide" in refusal(RATE.replace("= 1\ne", "= 7\ne"))
    assert "interval_minutes: goes with" in refusal(RATE.replace('"Custom"', '"Hourly"'))
    assert "eligible_service_tiers: [] is" in refusal(RATE.replace('["standard"]', "[]"))
