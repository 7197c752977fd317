"""Fee terms as signed in a file."""

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.fee import load_terms, settle
from analyzer.errors import ContractError
from tests.contracts.fee.worked_fee import MONTHS, plain, terms, usd

SIGNED = """version = 1
currency = "USD"
hurdle = 0.05
cap = "9000.00"

[[tier]]
up_to = 20000
share = 0.25

[[tier]]
share = "0.15"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "terms.toml"
    path.write_text(text)
    return path


def test_terms_are_read_as_signed(tmp_path: Path) -> None:
    path = written(tmp_path, SIGNED)
    found, sha256 = load_terms(path)
    assert found == terms()
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert settle(MONTHS, found)[-1].paid == usd(8_375)


def test_what_is_not_told_is_the_default_of_the_terms(tmp_path: Path) -> None:
    text = 'version = 1\ncurrency = "USD"\n[[tier]]\nshare = 0.2\n'
    assert load_terms(written(tmp_path, text))[0] == plain()


def test_every_key_reaches_the_terms(tmp_path: Path) -> None:
    keys = (
        'floor = 10\ncap_share = 0.5\nclawback = false\nbasis = "lower bound"\nfactor = 1.28\n'
        'shared_bias = false\nlife_months = 24\nleast_grade = "E2"\nmost_uncertainty = 0.5\n'
        'above_it = "refuse"\n'
    )
    found = load_terms(written(tmp_path, SIGNED.replace("hurdle = 0.05\n", keys)))[0]
    assert found == terms(
        hurdle=Fraction(0), floor=usd(10), cap_share=Fraction(1, 2), clawback=False,
        basis="lower bound", factor=Fraction(128, 100), shared_bias=False, life_months=24,
        least_grade="E2", most_uncertainty=Fraction(1, 2), above_it="refuse",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version = 1", "version = 2", "version: 2 is not allowed, give 1"),
        ('"USD"', '"EUR"', 'currency: EUR is not allowed, give "USD"'),
        ("0.05", "-0.05", "hurdle: -0.05 is not allowed"),
        ("0.05", "nan", "hurdle: NaN is not allowed, give a share"),
        ("0.05", "true", "hurdle: True is not allowed"),
        ("9000.00", "9000.001", "cap: 9000.001 dollars are not allowed"),
        ("9000.00", "1e99", "cap: 1e99 is not allowed, give dollars"),
        ("up_to = 20000\n", "", "only the last tier has no end"),
        ("0.25", "1.25", r"tier\[0\].share: 1.25 is not allowed"),
        ("hurdle", "hurdel", "hurdel: unknown key, allowed are version, currency, tier"),
        ("up_to", "upto", r"tier\[0\].upto: unknown key, allowed are up_to, share"),
        ('share = "0.15"', "", r"tier\[1\].share: missing, give a share"),
        ("hurdle = 0.05", "life_months = 0", "life_months: 0 is not allowed"),
        ("hurdle = 0.05", 'basis = "best"', 'basis: best is not allowed, give "point"'),
        ("version = 1", "version == 1", "not TOML"),
    ],
)
def test_a_file_at_fault_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = written(tmp_path, SIGNED.replace(old, new))
    with pytest.raises(ContractError, match=words) as caught:
        load_terms(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        load_terms(tmp_path / "none.toml")
