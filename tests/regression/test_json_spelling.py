"""The same values written another way are the same bill."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.regression.lines import answer, person, usage

Row = dict[str, Any]


def _compact(row: Row) -> str:
    return json.dumps(row, separators=(",", ":"))


def _stamped(write: Callable[[str], str]) -> Callable[[Row], str]:
    return lambda row: _compact({**row, "timestamp": write(row["timestamp"])})


SPELLINGS: dict[str, Callable[[Row], str]] = {
    "compact": _compact,
    "spaces": json.dumps,
    "more spaces": lambda row: json.dumps(row, separators=(" , ", " : ")),
    "microseconds": _stamped(lambda at: at.replace(".000Z", ".000000Z")),
    "nanoseconds": _stamped(lambda at: at.replace(".000Z", ".000000000Z")),
    "whole seconds": _stamped(lambda at: at.replace(".000Z", "Z")),
    "offset for Z": _stamped(lambda at: at.replace("Z", "+00:00")),
    "other order of keys": lambda row: json.dumps(dict(reversed(row.items()))),
    "escaped keys": lambda row: _compact(row).replace('"usage"', '"\\u0075sage"'),
    "CRLF": lambda row: _compact(row) + "\r",
}


def _session(name: str) -> list[Row]:
    """Thirteen calls of $0.06 each: 10,000 x $4 + 1,000 x $20 a million."""
    told = []
    for n in range(13):
        told.append(person(f"u{n}", 2 * n, session=name))
        counts = usage(10_000, 1_000)
        told.append(answer(f"a{n}", f"u{n}", 2 * n + 1, f"{name} {n}", counts, session=name))
    return told


def test_thirteen_calls_are_thirteen_however_their_json_is_written(
    tmp_path: Path, bill: Any
) -> None:
    # peers.md 3.4, measured: ccusage 20.0.24 reads 13 rows of compact JSON, and none, for $0 and
    # without a word, where a space follows the colon or a time has microseconds
    for name, write in SPELLINGS.items():
        text = "".join(f"{write(row)}\n" for row in _session(name))
        (tmp_path / f"{name}.jsonl").write_bytes(text.encode())
    found = bill(tmp_path)
    assert found.each("session") == dict.fromkeys(SPELLINGS, Decimal("0.78"))  # 13 x $0.06
    assert (found.ledger.kept, found.rejects) == (13 * len(SPELLINGS), [])


def test_usage_that_cannot_be_read_is_not_passed_over_in_silence(tmp_path: Path, bill: Any) -> None:
    _, good, _, dated, _, spelled = map(_compact, _session("s")[:6])
    path = tmp_path / "s.jsonl"
    bad = dated.replace("2026-11-03T12:00:03.000Z", "3 Nov 2026, noon")
    path.write_text("\n".join((good, bad, spelled.replace('"usage"', '"Usage"'))))
    found = bill(path)
    assert (found.ledger.kept, found.usd) == (1, Decimal("0.06"))
    assert [(row["line"], row["kind"]) for row in found.rejects] == [(2, "fault"), (3, "fault")]
