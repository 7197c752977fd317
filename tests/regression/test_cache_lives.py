"""Cache writes at the rate of their life, and never at a life that the log does not tell."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.usage import SPLIT_DIFFERS, SPLIT_ONE_SIDED
from tests.regression.lines import capture, log, usage, written


def _split(total: int | None, **lives: int) -> dict[str, Any]:
    """The cache's part of `usage` with the total and the lives a case gives."""
    part = {f"ephemeral_{life.removeprefix('of_')}_input_tokens": n for life, n in lives.items()}
    told: dict[str, Any] = {"cache_creation": part} if lives else {}
    return told if total is None else {**told, "cache_creation_input_tokens": total}


def test_each_life_has_its_own_rate(tmp_path: Path, bill: Any) -> None:
    # peers.md 3, measured: LiteLLM's `cost_per_token` took every write at the rate of 5 minutes
    # (-36 %), as did users' reports of ccusage (#899)
    log(tmp_path / "a.jsonl", [
        capture("short", usage(100, 1_000, **written(50_000, 0))),
        capture("long", usage(100, 1_000, **written(0, 50_000))),
        capture("both", usage(100, 1_000, **written(20_000, 30_000, read=100_000))),
    ])  # fmt: skip
    # each: 100 x $4 + 1,000 x $20 a million = $0.0204; and 50,000 x $5; 50,000 x $8;
    # 20,000 x $5 + 30,000 x $8 + 100,000 x $0.20
    assert bill(tmp_path).each() == {
        "msg_short": Decimal("0.2704"),
        "msg_long": Decimal("0.4204"),
        "msg_both": Decimal("0.3804"),
    }


def test_writes_without_both_lives_keep_their_total_at_the_shorter_life(
    tmp_path: Path, bill: Any, flags: Any
) -> None:
    # agentistics PR#565, both or neither: one side alone says nothing of the other, so that the
    # total is of no known life; it is billed at the default of 5 minutes, $5, and never lost
    cases = {
        "absent": _split(50_000),
        "short alone": _split(50_000, of_5m=20_000),
        "long alone": _split(50_000, of_1h=50_000),
        "short without total": _split(None, of_5m=50_000),
    }
    told = [capture(name, usage(0, 0, **more)) for name, more in cases.items()]
    path = log(tmp_path / "a.jsonl", told)
    found = bill(path)
    # 50,000 x $5 a million
    assert found.each() == {f"msg_{name}": Decimal("0.25") for name in cases}
    assert found.calls["write_unsplit"].to_list() == [50_000] * 4
    assert flags(path) == {
        f"msg_{name}": () if name == "absent" else (SPLIT_ONE_SIDED,) for name in cases
    }


def test_what_a_split_leaves_of_the_total_is_billed_too(
    tmp_path: Path, bill: Any, flags: Any
) -> None:
    # claude-relay-service PR#1081: 5m + 1h came to less than cache_creation_input_tokens, the
    # parts alone were billed, and 32 % of the written tokens were missed
    told = [
        capture("partial", usage(0, 0, **_split(100_000, of_5m=38_000, of_1h=30_000))),
        capture("empty", usage(0, 0, **_split(100_000, of_5m=0, of_1h=0))),
        capture("beyond", usage(0, 0, **_split(100_000, of_5m=80_000, of_1h=80_000))),
    ]
    path = log(tmp_path / "a.jsonl", told)
    assert bill(path).each() == {
        "msg_partial": Decimal("0.59"),  # 38,000 x $5 + 30,000 x $8 + the other 32,000 x $5
        "msg_empty": Decimal("0.50"),  # 100,000 x $5
        "msg_beyond": Decimal("0.50"),  # parts that cannot both be right: the total, at $5
    }
    assert set(flags(path).values()) == {(SPLIT_DIFFERS,)}
