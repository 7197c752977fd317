"""Where the row that stands for a call cannot be read, an earlier row of the call still can."""

from decimal import Decimal
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "sources" / "helicone" / "requests.jsonl"


def test_a_damaged_later_version_of_a_row_does_not_lose_the_call(tmp_path: Path, bill: Any) -> None:
    # found by the contract's damage test: the earlier version was passed over for the later one,
    # which then could not be read; a line was told of nowhere, and `rebill ingest` broke off
    earlier, later, *_ = SAMPLE.read_bytes().splitlines(keepends=True)
    assert b"ses_golden_a" in later
    damaged = later.replace(b"ses_golden_a", b"ses_\x80olden_a")
    path = tmp_path / "requests.jsonl"
    path.write_bytes(earlier + earlier + damaged)
    found = bill(path)
    assert (found.ledger.lines, found.ledger.kept, found.ledger.rejected) == (3, 1, 2)
    assert [(row["line"], row["reason"]) for row in found.rejects] == [(3, "not UTF-8")]
    # 12 x $2 + 3,000 written x $2.50 + 1 of output x $10 a million: the later row knew of 60
    assert found.each() == {"msg_golden0001": Decimal("0.007534")}
