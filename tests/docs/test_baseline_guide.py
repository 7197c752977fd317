"""The guide to baselines is true: its file of measures is read and its commands exist."""

import hashlib
import re
import textwrap
from pathlib import Path

from analyzer.cli import cli
from analyzer.contracts.verification import load_measures
from analyzer.contracts.verification.counterfactual import SAME_SHARE
from analyzer.contracts.verification.measures import FEWEST_CALLS

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "baseline.md").read_text()


def test_the_measures_of_the_guide_are_read(tmp_path: Path) -> None:
    (tmp_path / "paired.csv").write_bytes(b"{}")
    blocks = re.findall(r"(?:^    .*\n|^\n)+", GUIDE, re.MULTILINE)
    (told,) = [textwrap.dedent(one) for one in blocks if "version = 1" in one]
    digest = hashlib.sha256(b"{}").hexdigest()
    path = tmp_path / "measures.toml"
    path.write_text(told.replace("64 hexadecimal digits of it", digest))
    found = load_measures(path)
    assert (len(found.routing), len(found.output), len(found.gates), len(found.own)) == (1,) * 4
    assert len(found.deployments) == 1


def test_the_commands_of_the_guide_exist() -> None:
    words = re.findall(r"^    rebill baseline (\w+)", GUIDE, re.MULTILINE)
    group = cli.get_command(None, "baseline")  # type: ignore[arg-type]  # the table needs no context
    assert set(words) == set(group.commands)  # type: ignore[union-attr]  # it is a group


def test_the_limits_of_the_guide_are_those_of_the_program() -> None:
    assert f"from {FEWEST_CALLS} paired calls" in GUIDE
    assert f"within {int(SAME_SHARE * 100)} points" in GUIDE
