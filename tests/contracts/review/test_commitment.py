"""The commit of a contract file: read whole, or refused by key."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.review import Commitment, read_commitment
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.reconciliation import contract_discounts

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "review.md").read_text()
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


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"3500000"', '"-1"', "commit.amount: Input should be greater than 0"),
        ('"3500000"', '"NaN"', "commit.amount"),
        ("2026-12-31", "2025-12-31", "commit.last_day: 2025-12-31 is before first_day"),
        ("used_before", "used_befor", "commit.used_befor: Extra inputs"),
        ('source = "Order form of 1 July 2026, section 3"', "", "source: Field required"),
        ("[commit]", "[commit", "not TOML"),
    ],
)
def test_a_commit_at_fault_is_refused_by_key(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = tmp_path / "contract.toml"
    path.write_text(EXAMPLE.replace(old, new))
    with pytest.raises(ContractError, match=re.escape(words)):
        read_commitment(path)
