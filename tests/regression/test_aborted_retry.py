"""An aborted answer that was asked for again: both are billed, and no cache entry had expired."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from analyzer.ingest import ingest
from analyzer.policy import Policy, load_policy
from analyzer.prices import Book
from analyzer.replay import Replays
from analyzer.savings import Question, prepare
from analyzer.store import Store
from tests.regression.lines import capture, log, usage, written

LONG = "a file of the project. " * 4_000
HOUR = """version = 1
[[caching]]
workload = "*"
ttl = "1h"
basis = "a test"
"""


def _pair() -> list[dict[str, Any]]:
    """The same prompt twice: written and aborted after 51 s, then asked for again and read."""
    block = {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}
    told = [
        capture("aborted", usage(0, 0, **written(425_000, 0)), end="2026-11-03T12:00:51Z"),
        capture("again", usage(0, 7_000, **written(0, 0, read=425_000)),
                start="2026-11-03T12:00:53Z", end="2026-11-03T12:06:27Z"),
    ]  # fmt: skip
    for row in told:
        row["request"]["messages"] = [{"role": "user", "content": [block]}]
    told[0]["response"] |= {"content": [], "stop_reason": None}
    return told


def test_an_aborted_call_without_output_is_billed_and_its_retry_reads_what_it_wrote(
    tmp_path: Path, bill: Any
) -> None:
    found = bill(log(tmp_path / "a.jsonl", _pair()))
    assert found.each() == {
        "msg_aborted": Decimal("2.125"),  # 425,000 x $5 a million, and no output
        "msg_again": Decimal("0.225"),  # 425,000 x $0.20 + 7,000 x $20
    }
    assert found.ledger.kept == 2


def test_a_retry_is_no_sign_that_a_longer_life_would_pay(tmp_path: Path) -> None:
    # holaOS PR#549: from finish to finish the two are 5 min 36 s apart, which read as an expired
    # entry of 5 minutes; the second began 2 s after the first ended, and had read it. The hour's
    # life that was "worth 6.8 times" costs 425,000 x ($8 - $5) a million = $1.275 more
    path, policy = log(tmp_path / "a.jsonl", _pair()), tmp_path / "policy.toml"
    policy.write_text(HOUR)
    book = Book.load()
    with Store.open(Path(":memory:"), create=True) as store:
        ingest([str(path)], store)
        hour = load_policy(policy, lambda model: book.canonical(model) is not None)
        study = prepare(store, book, Question(hour, "logged"), lambda _text: None)
    replays = Replays(study.scene)
    assert replays.saving(Policy.observed()) == 0
    assert replays.cost(Policy.observed()).total == study.billed.total == 2_350_000_000_000
    assert replays.saving(study.policy) == -1_275_000_000_000
