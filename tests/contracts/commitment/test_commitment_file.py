"""The commit of a contract file: read whole, or refused by key."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.commitment import (
    Commitment,
    NoCommit,
    Rule,
    Settlement,
    Untold,
    read_commitment,
    read_promised,
    rule_of,
)
from analyzer.errors import ContractError, RebillError
from analyzer.prices import Book
from analyzer.reconciliation import contract_discounts

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "review.md").read_text()
END = "last_day = 2026-12-31"
OVERAGE = "overage_discount_percentage"
EXAMPLE = next(iter(re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)))


def test_the_contract_of_the_guide_is_read_for_its_commit_and_its_discounts(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_text(EXAMPLE)
    assert read_commitment(path) == Commitment(
        Fraction(3_500_000 * 10**12),
        date(2026, 1, 1),
        date(2026, 12, 31),
        Fraction(1_250_000 * 10**12),
        "Order form of 1 July 2026, section 3 (contract.toml)",
    )
    assert [one.share for one in contract_discounts(path, Book.load())] == [Fraction(1, 10)]


def test_a_contract_without_a_commit_has_none(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    path.write_text(EXAMPLE.split("[commit]")[0])
    assert read_commitment(path) is None


def rule(tmp_path: Path, more: str, discount: str = 'default = "0.2"') -> Rule:
    path = tmp_path / "contract.toml"
    terms = f"amount = 1000000\nfirst_day = 2026-01-01\n{END}\n{more}"
    path.write_text(f'source = "form"\n[discount]\n{discount}\n[commit]\n{terms}\n')
    return rule_of(read_promised(path), contract_discounts(path, Book.load()))


def test_the_price_beyond_a_commit_is_told_by_its_discount(tmp_path: Path) -> None:
    for told, beyond in (('"committed"', 1), ("0.2", 1), ('"0.1"', "9/8"), ("0", "5/4")):
        found = rule(tmp_path, f"{OVERAGE} = {told}")
        assert isinstance(found, Settlement)
        assert found.beyond == Fraction(beyond)
    own = 'default = "0.2"\n[discount.models]\nclaude-opus-4-8 = "0.3"'
    assert isinstance(rule(tmp_path, f'{OVERAGE} = "committed"', own), Settlement)


@pytest.mark.parametrize(
    ("more", "discount", "words"),
    [
        (f"{OVERAGE} = 0.3", 'default = "0.2"', f"commit.{OVERAGE}: 0.3 is above the committed"),
        (
            f"{OVERAGE} = 0",
            'default = "0.2"\n[discount.models]\nclaude-opus-4-8 = "0.3"',
            "while claude-opus-4-8 has a committed discount of its own",
        ),
        (
            "discount_percentage = 0.2",
            'default = "0.1"',
            "commit.discount_percentage: 0.2 contradicts discount.default 0.1",
        ),
        ("discount_percentage = -0.2", "", "commit.discount_percentage: Input should be"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(
    tmp_path: Path, more: str, discount: str, words: str
) -> None:
    with pytest.raises(RebillError, match=re.escape(words)):
        rule(tmp_path, more, discount)


def test_the_committed_discount_stands_for_the_default(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    terms = f"[commit]\namount = 9\nfirst_day = 2026-01-01\n{END}\n"
    path.write_text(f'source = "form"\n{terms}discount_percentage = 0.2\n')
    (found,) = contract_discounts(path, Book.load())
    assert (found.model, found.share) == ("*", Fraction(1, 5))
    path.write_text(f'source = "form"\n{terms}')
    with pytest.raises(RebillError, match="discount: missing"):
        contract_discounts(path, Book.load())


def test_no_commit_is_said_and_not_taken_for_granted(tmp_path: Path) -> None:
    path = tmp_path / "contract.toml"
    text = 'source = "form"\n[discount]\n'
    path.write_text(f'commit = "none"\n{text}')
    assert rule_of(read_promised(path), ()) == NoCommit("form (contract.toml)")
    assert read_commitment(path) is None
    path.write_text(text)
    silent = rule_of(read_promised(path), ())
    assert isinstance(silent, Untold)
    assert 'commit = "none"' in silent.why
    unpriced = rule(tmp_path, "")
    assert isinstance(unpriced, Untold)
    assert f"give commit.{OVERAGE}" in unpriced.why


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"3500000"', '"-1"', "commit.amount: Input should be greater than 0"),
        ('"3500000"', '"NaN"', "commit.amount"),
        ('"3500000"', "1e999999999", "commit.amount: Decimal input should have no more than"),
        (END, f"{END}\n{OVERAGE} = 1e-999999999", f'commit.{OVERAGE}: give "committed", or'),
        ("2026-12-31", "2025-12-31", "commit.last_day: 2025-12-31 is before first_day"),
        ("used_before", "used_befor", "commit.used_befor: Extra inputs"),
        ('source = "Order form of 1 July 2026, section 3"', "", "source: Field required"),
        ("[commit]", "[commit", "not TOML"),
        (END, f"{END}\nbilling_currency = 'EUR'", "commit.billing_currency: Input should be 'USD'"),
        (END, f"{END}\n{OVERAGE} = -0.1", f'commit.{OVERAGE}: give "committed", or a share'),
        (END, f"{END}\n{OVERAGE} = 1", f'commit.{OVERAGE}: give "committed", or a share'),
        (END, f"{END}\n{OVERAGE} = 'list'", f'commit.{OVERAGE}: give "committed", or a share'),
        (END, f"{END}\n{OVERAGE} = true", f'commit.{OVERAGE}: give "committed", or a share'),
        (END, f"{END}\ndiscount_percentage = -0.1", "commit.discount_percentage: Input should be"),
    ],
)
def test_a_commit_at_fault_is_refused_by_key(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = tmp_path / "contract.toml"
    path.write_text(EXAMPLE.replace(old, new))
    with pytest.raises(ContractError, match=re.escape(words)):
        read_commitment(path)
