"""An owners file: the entry that names most owns a thing; what it names must exist."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.owners import Owners, load_owners
from analyzer.errors import ContractError
from analyzer.results import Lever
from analyzer.results.register import Registered, Subject

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "review.md").read_text()
EXAMPLE = re.findall(r"```toml\n(version.*?)```", GUIDE, re.DOTALL)[0]


def read(tmp_path: Path, text: str = EXAMPLE) -> Owners:
    path = tmp_path / "owners.toml"
    path.write_text(text)
    return load_owners(path)


@pytest.mark.parametrize(
    ("workload", "lever", "name"),
    [
        ("chat", "caching", "Platform, I. Okafor"),  # workload and lever
        ("chat", "batch", "Support"),  # the workload before the lever
        ("digest", "batch", "Operations"),  # the lever before the topic
        ("digest", "output", "FinOps"),  # the topic alone
    ],
)
def test_the_entry_that_names_most_owns(
    tmp_path: Path, workload: str, lever: Lever, name: str
) -> None:
    owner = read(tmp_path).of(Subject("lever", workload, lever))
    assert owner
    assert owner.name == name


def test_what_no_entry_fits_has_no_owner(tmp_path: Path) -> None:
    assert read(tmp_path).of(Subject("outlook")) is None


def test_a_statement_expires_the_day_after_its_last(tmp_path: Path) -> None:
    row = Registered("A1", "s", "v", "s", "assumed", Subject("lever", "chat", "caching"))
    owners = read(tmp_path)
    # expires 2026-12-31 in the guide
    for last_day, expired in ((date(2026, 12, 31), False), (date(2027, 1, 1), True)):
        (signed,) = owners.sign((row,), last_day)
        assert (signed.owner, signed.expires) == ("Platform, I. Okafor", "2026-12-31")
        assert signed.expired is expired


def test_an_owner_moves_no_figure(tmp_path: Path) -> None:
    row = Registered(
        "A1", "s", "v", "s", "assumed", Subject("lever", "chat"), Fraction(5), "if it fails"
    )
    (signed,) = read(tmp_path).sign((row,), date(2026, 1, 1))
    assert (signed.sensitivity, signed.moved, signed.value) == (Fraction(5), "if it fails", "v")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('version = 1\n[[owner]]\ntopic = "lever"\n', "owner[0].name: missing, give a team"),
        ('version = 1\n[[owner]]\nname = " "\n', "owner[0].name:"),
        ('version = 1\n[[owner]]\nname = "a"\nlever = "cash"\n', "lever: cash is not allowed"),
        ('version = 1\n[[owner]]\nname = "a"\ntopic = "fun"\n', "topic: fun is not allowed"),
        ('version = 1\n[[owner]]\nname = "a"\ndue = "soon"\n', "due: soon is not allowed"),
        ('version = 1\n[[owner]]\nname = "a"\nteam = "b"\n', "team: unknown key, allowed are name"),
        ('version = 2\n[[owner]]\nname = "a"\n', "version: 2 is not allowed"),
        ("version = 1\nowner = []\n", "owner:"),
        ("version = ", "not TOML"),
        (
            'version = 1\n[[owner]]\nname = "a"\n[[owner]]\nname = "b"\n',
            "owner[1]: about the same as owner[0], one thing has one owner",
        ),
    ],
)
def test_a_file_at_fault_is_refused_by_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ContractError) as raised:
        read(tmp_path, text)
    assert words in str(raised.value)


def test_a_workload_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="'chat' is none of this log's workloads, which are a,"):
        read(tmp_path).check({"b", "a"})
    read(tmp_path).check({"chat", "other"})
