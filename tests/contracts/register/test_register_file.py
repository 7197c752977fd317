"""A register that contradicts itself, or whose evidence is not what was entered, is refused."""

import hashlib
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.contracts.register import ROUTINE, TRIGGERS, load_register
from analyzer.errors import ContractError

Write = Callable[..., Path]
USD = 10**12


def refused(path: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load_register(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_an_entry_is_read_as_it_stands(write: Write) -> None:
    path = write({"id": '"A2"', "first_day": "2026-11-01", "last_day": "2026-11-01"}, {})
    register = load_register(path)
    first, second = register.entries
    assert (first.name, second.name) == ("A1", "A2")  # by day
    assert first.amount == Fraction("-1250.25") * USD
    assert first.trigger is TRIGGERS["prompt_change"]
    assert (first.first_day, first.last_day) == (date(2026, 10, 5), date(2026, 10, 7))
    assert first.workloads == ("chat",)
    assert register.parties == ("client", "consultant")
    assert register.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("amount", ['"-1250.25"', "-1250.25", "0", "5", '"0.000001"'])
def test_an_amount_is_exact(write: Write, amount: str) -> None:
    entry = load_register(write({"amount": amount})).entries[0]
    assert entry.amount == Fraction(amount.strip('"')) * USD


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"evidence": None}, "adjustment[0].evidence: missing, give a file beside the register"),
        ({"sha256": None}, "adjustment[0].sha256: missing"),
        ({"sha256": '"abc"'}, "adjustment[0].sha256: abc is not allowed, give the evidence file's"),
        ({"sha256": f'"{"0" * 64}"'}, "sha256: 'evidence/outage.json' is not what was entered"),
        ({"evidence": '"evidence/lost.json"'}, "cannot be read (No such file or directory)"),
        ({"evidence": '"evidence"'}, "'evidence' is no file"),
        ({"evidence": '"../outage.json"'}, "is not beside the register"),
        ({"evidence": '"/etc/hostname"'}, "is not beside the register"),
        ({"evidence": '"a\\u0000b"'}, "cannot be a file's name"),
        ({"evidence": f'"{"x" * 5_000}"'}, "cannot be a file's name"),
        ({"signed_by": '["client", "client"]'}, "signed_by: a name stands twice"),
        ({"workloads": '["chat", "chat"]'}, "workloads: a name stands twice"),
        ({"trigger": '"bad_luck"'}, "adjustment[0].trigger: bad_luck is not allowed, give one of"),
        ({"trigger": '"volume"'}, "volume is routine: it is computed from requests of the period"),
        ({"last_day": "2026-10-04"}, "last_day: 2026-10-04 is before first_day 2026-10-05"),
        ({"first_day": "2026-08-31"}, "lies outside the contract, which runs from 2026-09-01"),
        ({"last_day": "2027-09-01"}, "lies outside the contract"),
        ({"first_day": "2026-10-05T00:00:00Z"}, "without a time"),
        ({"first_day": '"2026-10-05"'}, "first_day: 2026-10-05 is not allowed"),
        ({"amount": '"1,250"'}, "amount: 1,250 is not allowed, give dollars"),
        ({"amount": "nan"}, "amount: NaN is not allowed"),
        ({"amount": "true"}, "amount: True is not allowed"),
        ({"amount": "1e300"}, "is not allowed, give dollars"),
        ({"amount": '"1e-13"'}, "is not allowed, give dollars"),
        ({"raised_by": '"vendor"'}, "raised_by: 'vendor' is no party, give client or consultant"),
        ({"signed_by": '["vendor"]'}, "signed_by: 'vendor' is no party"),
        ({"status": '"maybe"'}, 'status: maybe is not allowed, give "open"'),
        ({"method": '" "'}, "adjustment[0].method"),
        ({"note": '"hm"'}, "adjustment[0].note: unknown key, allowed are id, first_day"),
    ],
)
def test_an_entry_at_fault(write: Write, change: dict[str, str | None], words: str) -> None:
    assert words in refused(write(change))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version = 1", "version = 2", "version: 2 is not allowed, give 1"),
        ('"USD"', '"EUR"', 'currency: EUR is not allowed, give "USD": amounts of other currencies'),
        ('["client", "consultant"]', '["client"]', "parties: "),
        ('["client", "consultant"]', '["client", "client"]', "parties: one stands twice"),
        ("2027-08-31", "2026-08-31", "last_day: 2026-08-31 is before first_day"),
        ("version = 1", "versoin = 1", "versoin: unknown key"),
        ("version = 1", "version == 1", "not TOML"),
    ],
)
def test_a_head_at_fault(write: Write, old: str, new: str, words: str) -> None:
    path = write()
    path.write_text(path.read_text().replace(old, new))
    assert words in refused(path)


def test_a_link_that_leaves_the_folder_is_no_evidence(write: Write, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name} outside"
    outside.mkdir()
    (outside / "outage.json").write_bytes(b'{"errors": 812}\n')
    (tmp_path / "link.json").symlink_to(outside / "outage.json")
    (tmp_path / "folder").symlink_to(outside)
    for name in ("link.json", "folder/outage.json"):
        assert "is a link to another folder" in refused(write({"evidence": f'"{name}"'}))
    (tmp_path / "near.json").symlink_to(tmp_path / "evidence" / "outage.json")
    assert load_register(write({"evidence": '"near.json"'})).entries[0].evidence == "near.json"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "none.toml")


def test_two_entries_for_the_same_days_count_twice(write: Write) -> None:
    again = {"id": '"A2"', "first_day": "2026-10-07", "last_day": "2026-10-09"}
    assert "adjustment 'A2': same trigger, workloads and days as 'A1'" in refused(write({}, again))
    assert "same trigger" in refused(write({}, again | {"workloads": None}))
    for apart in (
        {"first_day": "2026-10-08"},
        {"trigger": '"mix_drift"'},
        {"workloads": '["etl"]'},
        {"status": '"withdrawn"'},
    ):
        assert len(load_register(write({}, again | apart)).entries) == 2


def test_an_id_stands_once(write: Write) -> None:
    message = refused(write({}, {"trigger": '"abuse"'}))
    assert "adjustment[1].id: 'A1' stands twice" in message


def test_every_fault_is_told_at_once(write: Write) -> None:
    message = refused(write({"raised_by": '"x"'}, {"id": '"A2"', "sha256": f'"{"0" * 64}"'}))
    assert "raised_by" in message
    assert "sha256" in message


def test_changed_evidence_is_noticed(write: Write, tmp_path: Path) -> None:
    path = write({})
    load_register(path)
    (tmp_path / "evidence" / "outage.json").write_bytes(b'{"errors": 813}\n')
    assert "restore the file or enter and sign the change anew" in refused(path)


def test_no_trigger_is_both_routine_and_not() -> None:
    assert not ROUTINE.keys() & TRIGGERS.keys()
    assert len(TRIGGERS) == 12
