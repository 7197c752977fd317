import re
from pathlib import Path

import pytest

from analyzer.policy import parse_policy
from analyzer.policy.schema import TABLES, MatchTable, PolicyFile, keys

GUIDE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [*TABLES.values(), PolicyFile, MatchTable])
def test_the_guide_holds_every_key_and_what_it_may_be(table: type[PolicyFile]) -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("|")]
    for key, allowed in keys(table).items():
        assert allowed
        assert any(f"`{key}`" in row and allowed in row for row in rows), (key, allowed)


def test_the_worked_example_is_a_policy_and_graded_as_the_guide_says() -> None:
    example = re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert example is not None
    policy = parse_policy(example[1], "docs/policy.md", lambda model: model.startswith("claude-"))
    assert policy.warnings == ()
    accepted = policy.accepted()
    assert accepted.batch == policy.batch
    assert not any(accepted.of(lever) for lever in ("output", "routing", "caching"))
