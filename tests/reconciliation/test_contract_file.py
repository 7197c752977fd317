from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.errors import InputError
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import contract_discounts, in_force, shares
from analyzer.savings.audit import CONTRACT_ALONE, audit
from tests.reconciliation.conftest import cost, reports, usage
from tests.replay.log_builder import Block, Log, store_of

CONTRACT = """
source = "Order form of 1 July 2026, section 3"
[discount]
default = "0.10"
[discount.models]
claude-opus-4-8 = "0.15"
"""


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "contract.toml"
    path.write_text(text)
    return path


def test_a_contract_gives_a_share_for_each_model_and_one_for_the_rest(
    tmp_path: Path, book: Book
) -> None:
    found = contract_discounts(_file(tmp_path, CONTRACT), book)
    assert [(one.model, one.share) for one in found] == [
        ("claude-opus-4-8", Fraction(3, 20)),
        ("*", Fraction(1, 10)),
    ]
    assert found[0].source == "Order form of 1 July 2026, section 3 (contract.toml)"
    every = shares(found, ("claude-opus-4-8", "claude-haiku-4-5"))
    assert every == {"claude-opus-4-8": Fraction(3, 20), "claude-haiku-4-5": Fraction(1, 10)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("source = ", "not TOML"),
        ('[discount]\ndefault = "0.1"', "source: Field required"),
        ('source = "x"\n[discount]\nrate = "0.1"', "discount.rate: Extra inputs"),
        ('source = "x"\n[discount]\ndefault = "fifteen"', "not a number"),
        ('source = "x"\n[discount]\ndefault = "15"', "from 0 to under 1"),
        ('source = "x"\n[discount]\ndefault = "1e-999999999"', "discount of .: not a number"),
        ('source = "x"\n[discount]\ndefault = "inf"', "discount of .: not a number"),
        ('source = "x"\n[commit]\ndiscount_percentage = 1e-999999999', "commit.discount_percent"),
        ('source = "x"\n[commit]\namount = 1', "discount: missing, give"),
        ('source = "x"\n[discount]\ndefault = "-0.1"', "from 0 to under 1"),
        ('source = "x"\n[discount.models]\ngpt-9 = "0.1"', "no such model"),
        ('source = "x"\n[discount]\ndefault = 0.1', "discount.default: Input should be a valid"),
    ],
)
def test_a_fault_in_a_contract_is_named_by_key(
    tmp_path: Path, book: Book, text: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as fault:
        contract_discounts(_file(tmp_path, text), book)
    assert "contract.toml" in str(fault.value)


def test_a_contract_that_is_not_there_is_one_line(tmp_path: Path, book: Book) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        contract_discounts(tmp_path / "none.toml", book)


def test_a_contract_says_that_it_needs_a_cost_report(tmp_path: Path, book: Book) -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)])
    given = contract_discounts(_file(tmp_path, CONTRACT), book)
    with store_of(log.calls) as store:
        for found in (None, reports(), reports(usage=usage({"uncached": 1_000}))):
            assert audit(store, book, "logged", found, given).doubts[0] == CONTRACT_ALONE
            assert CONTRACT_ALONE not in audit(store, book, "logged", found).doubts
        charged = reports(cost=cost({"usd": 1.0}))
        assert CONTRACT_ALONE not in audit(store, book, "logged", charged, given).doubts


def test_shares_that_differ_by_model_are_not_carried_to_others() -> None:
    found = (Discount("a", Fraction(15, 100), "x"), Discount("b", Fraction(10, 100), "x"))
    assert [one.model for one in in_force(found)] == ["a", "b"]
    equal = (Discount("a", Fraction(15, 100), "x"), Discount("b", Fraction(1501, 10000), "x"))
    assert [one.model for one in in_force(equal)] == ["a", "b", "*"]


def test_a_share_within_rounding_is_no_discount() -> None:
    assert in_force((Discount("a", Fraction(4, 1000), "x"),)) == ()
