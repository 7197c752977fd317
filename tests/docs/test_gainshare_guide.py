"""The guide to fee, cash and register is true: its files are read, and every key stands in it."""

import hashlib
import re
import textwrap
from fractions import Fraction
from pathlib import Path

from analyzer.contracts.bridge import FACTORS
from analyzer.contracts.commitment import NoCommit, Settlement, read_promised, rule_of
from analyzer.contracts.fee import FeeTerms, load_terms
from analyzer.contracts.register import ROUTINE, TRIGGERS, load_register
from analyzer.prices import Book
from analyzer.reconciliation import contract_discounts

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "gainshare.md").read_text()
BLOCKS = [
    textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n|^\n)+", GUIDE, re.MULTILINE)
]
TERMS, REGISTER = (block.strip() for block in BLOCKS if "version = 1" in block)


def test_the_terms_of_the_guide_are_read(tmp_path: Path) -> None:
    path = tmp_path / "terms.toml"
    path.write_text(TERMS)
    found, _ = load_terms(path)
    assert found.hurdle == Fraction(1, 20)
    assert [tier.share for tier in found.tiers] == [Fraction(1, 4), Fraction(15, 100)]
    for name in FeeTerms.__slots__:
        assert name == "tiers" or f"`{name}`" in GUIDE or f"{name} = " in TERMS


def test_the_register_of_the_guide_is_read(tmp_path: Path) -> None:
    evidence = tmp_path / "evidence" / "prompts.json"
    evidence.parent.mkdir()
    evidence.write_bytes(b"{}")
    told = REGISTER.replace(
        "64 hexadecimal digits of it", hashlib.sha256(evidence.read_bytes()).hexdigest()
    )
    path = tmp_path / "register.toml"
    path.write_text(told)
    assert load_register(path).entries[0].amount == -1250 * 10**12


def test_the_contract_of_the_guide_settles_the_example_of_the_guide(tmp_path: Path) -> None:
    (told,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    path = tmp_path / "contract.toml"
    path.write_text(told)
    discounts = contract_discounts(path, Book.load())
    assert [one.share for one in discounts] == [Fraction(1, 5)]
    rule = rule_of(read_promised(path), discounts)
    assert isinstance(rule, Settlement)
    assert rule.beyond == 1
    assert rule.commitment.used_before == 1_250_000 * 10**12
    path.write_text('commit = "none"\n' + told.split("[commit]")[0] + "[discount]\n")
    assert isinstance(rule_of(read_promised(path), ()), NoCommit)


def test_every_trigger_stands_in_the_guide() -> None:
    assert all(f"`{name}`" in GUIDE for name in TRIGGERS)
    assert all(name.replace("_", " ") in GUIDE.lower() for name in ROUTINE)


def test_every_factor_stands_in_the_guide_to_the_bridge() -> None:
    words = (DOCS / "bridge.md").read_text()
    assert all(factor.replace("_", " ") in words for factor in FACTORS)
