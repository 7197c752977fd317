"""One billed call told of on several lines, or in several files, is billed once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.regression.lines import answer, log, person, usage, written


def _streamed(name: str = "msg_1") -> list[dict[str, Any]]:
    """One answer on three lines: the counts of the first two are snapshots of its stream."""
    steps = [(1, None), (240, None), (1_000, "tool_use")]
    return [
        answer(f"a{at}", f"a{at - 1}", at, name, usage(100, out, **written(0, 50_000)),
               text=f"part {at}", stop=stop)
        for at, (out, stop) in enumerate(steps, start=1)
    ]  # fmt: skip


# 100 x $4 + 1,000 x $20 + 50,000 written for an hour x $8 a million = 0.0004 + 0.02 + 0.40
ONCE = Decimal("0.4204")


def test_a_streamed_answer_is_billed_once_at_its_last_output(tmp_path: Path, bill: Any) -> None:
    # ccusage#901, #938, #888: the first line won, so output came out 2 to 3 times too low
    log(tmp_path / "s.jsonl", [person("a0", 0), *_streamed()])
    log(tmp_path / "backwards.jsonl", [*reversed(_streamed("msg_2")), person("a0", 0)])
    found = bill(tmp_path)
    assert found.each() == {"msg_1": ONCE, "msg_2": ONCE}
    assert found.tokens("output") == 2 * 1_000
    assert (found.ledger.kept, found.ledger.repeats) == (2, 4)


def test_an_answer_without_a_request_id_is_billed_once_and_not_taken_for_another(
    tmp_path: Path, bill: Any
) -> None:
    # ccusage#976, PR#985: gateways write "" there, the lines of an answer were not known as one,
    # and the bill was 2.3 times too high; an id "" that all calls share would be wrong as well
    for value in ("", None, "absent"):
        told = _streamed(f"msg_{value}")
        for row in told:
            row["requestId"] = value
            if value == "absent":
                del row["requestId"]
        log(tmp_path / f"{value}.jsonl", [person("a0", 0), *told])
    nameless = [answer(f"a{n}", "u", n, "", usage(100_000, 0), requestId="") for n in (1, 2)]
    log(tmp_path / "nameless.jsonl", [person("u", 0), *nameless])
    assert bill(tmp_path).each() == {
        "msg_": ONCE,
        "msg_None": ONCE,
        "msg_absent": ONCE,
        None: Decimal("0.80"),  # without any id each is a call: 2 x 100,000 x $4 a million
    }


def test_a_session_resumed_under_a_new_id_bills_its_copied_history_once(
    tmp_path: Path, bill: Any
) -> None:
    # measured with ccusage and tokenbill (peers.md 3.3): resuming copies the history into a new
    # file under a new session id and new uuids; the lines summed were 1.76 times the bill
    history = [person("u1", 0), *_streamed()]
    copied = [{**row, "sessionId": "s2", "uuid": f"n-{row['uuid']}"} for row in history]
    for row in copied:
        row["parentUuid"] = f"n-{row['parentUuid']}" if row["parentUuid"] else None
    fresh = answer("b1", "n-a3", 60, "msg_2", usage(2_000, 0), session="s2")
    first = log(tmp_path / "s1.jsonl", history)
    second = log(tmp_path / "s2.jsonl", [*copied, fresh])
    both = bill(first, second)
    assert both.usd == ONCE + Decimal("0.008")  # the new call: 2,000 x $4 a million
    assert both.ledger.kept == 2
    assert bill(second, first).usd == both.usd
    assert sorted(both.calls["session"]) == ["s1", "s2"]
