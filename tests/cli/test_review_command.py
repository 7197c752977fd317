"""`rebill report review`: a page and its twin, or one line that says what to do."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.ingest import ingest
from analyzer.store import Store


@pytest.fixture(scope="module")
def september(tmp_path_factory: pytest.TempPathFactory, line: Callable[[int], bytes]) -> Path:
    """Forty calls of $0.60 from 1 to 23 September 2026; call -1779 begins 200 s into the month."""
    folder = tmp_path_factory.mktemp("september")
    (folder / "a.jsonl").write_bytes(b"".join(line(n) for n in range(-1779, 200, 50)))
    with Store.open(folder / "s.duckdb", create=True) as opened:
        ingest([str(folder / "a.jsonl")], opened)
    return folder / "s.duckdb"


def test_a_month_so_far_is_written_with_its_landing(
    september: Path, rebill: Any, tmp_path: Path
) -> None:
    page = tmp_path / "r.html"
    done = rebill(
        "report", "review", "--store", september, "--month", "2026-09", "--budget", "30", "-o", page
    )
    assert (done.status, done.err) == (0, "")
    assert done.out.count("wrote ") == 2
    twin = json.loads((tmp_path / "r.json").read_text())
    assert twin["units"]["cost"] == "24"
    assert (twin["whole"], twin["crossing"]) == (False, None)
    # 23 of 30 days, every weekday alike: 24 x 30 / 23
    assert twin["forecast"]["expected"] == "720/23"
    assert twin["forecast"]["budget"] == "30"
    assert twin["command"].endswith("--as-of 2026-09-23 --prices 2026-09-23 --budget 30")
    assert "1 to 23 September 2026 cost" in page.read_text()


def test_a_contract_brings_discount_and_commit(
    september: Path, rebill: Any, tmp_path: Path
) -> None:
    contract = tmp_path / "contract.toml"
    contract.write_text(
        'source = "form"\n[discount]\ndefault = "0.5"\n[commit]\namount = "100"\n'
        "first_day = 2026-09-01\nlast_day = 2026-12-31\n"
    )
    page = tmp_path / "r.html"
    done = rebill("report", "review", "--store", september, "--contract", contract, "-o", page)
    assert (done.status, done.err) == (0, "")
    twin = json.loads((tmp_path / "r.json").read_text())
    assert twin["units"]["cost"] == "12"
    assert twin["burn_down"]["left"] == "88"


def test_owners_are_read_and_an_unknown_workload_is_named(
    september: Path, rebill: Any, tmp_path: Path
) -> None:
    owners, page = tmp_path / "owners.toml", tmp_path / "r.html"
    owners.write_text('version = 1\n[[owner]]\ntopic = "prices"\nname = "FinOps"\n')
    done = rebill("report", "review", "--store", september, "--owners", owners, "-o", page)
    assert (done.status, done.err) == (0, "")
    assert json.loads((tmp_path / "r.json").read_text())["assumptions"][0]["owner"] == "FinOps"
    page.unlink()
    owners.write_text('version = 1\n[[owner]]\nworkload = "chatt"\nname = "FinOps"\n')
    done = rebill("report", "review", "--store", september, "--owners", owners, "-o", page)
    assert done.status == 1
    assert "owner[0].workload: 'chatt' is none of this log's workloads" in done.err
    assert not page.exists()


def test_entries_of_a_register_are_listed(september: Path, rebill: Any, tmp_path: Path) -> None:
    evidence = tmp_path / "evening.json"
    evidence.write_bytes(b"[]")
    sha256 = hashlib.sha256(b"[]").hexdigest()
    register, page = tmp_path / "register.toml", tmp_path / "r.html"
    register.write_text(
        'version = 1\ncurrency = "USD"\nfirst_day = 2026-09-01\nlast_day = 2027-08-31\n'
        'parties = ["client", "consultant"]\n[[adjustment]]\nid = "storm"\n'
        'first_day = 2026-09-03\nlast_day = 2026-09-03\ntrigger = "retry_storm"\n'
        f'evidence = "evening.json"\nsha256 = "{sha256}"\n'
        'method = "calls of one evening"\namount = "-12.50"\nraised_by = "client"\n'
        'raised_on = 2026-09-20\nsigned_by = ["client"]\nstatus = "open"\n'
    )
    words = ("report", "review", "--store", september, "--register", register, "-o", page)
    assert rebill(*words).status == 0
    (entry,) = json.loads((tmp_path / "r.json").read_text())["adjustments"]
    assert (entry["name"], entry["amount"], entry["signed_by"]) == ("storm", "-12.5", ["client"])
    evidence.write_bytes(b"[ ]")
    done = rebill(*words)
    assert done.status == 1
    assert "is not what was entered" in done.err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--month", "2026-08"), "month 2026-08: the log holds no call in it"),
        (("--month", "September"), "month September: not a month, write it as 2026-09"),
        (("--month", "2026-09", "--as-of", "2026-08-01"), "nor any other that counts"),
    ],
)
def test_a_month_that_cannot_be_told_is_one_line_and_writes_nothing(
    september: Path, rebill: Any, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    page = tmp_path / "r.html"
    done = rebill("report", "review", "--store", september, *words, "-o", page)
    assert fault in done.fault
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "text"), [("--budget", "0"), ("--budget", "much"), ("--as-of", "tomorrow")]
)
def test_an_option_that_means_nothing_is_wrong_usage(
    september: Path, rebill: Any, option: str, text: str
) -> None:
    done = rebill("report", "review", "--store", september, option, text)
    assert done.status == 2
    assert text in done.err


def test_a_commit_that_does_not_fit_the_log_is_refused(
    september: Path, rebill: Any, tmp_path: Path
) -> None:
    contract = tmp_path / "contract.toml"
    contract.write_text(
        'source = "form"\n[discount]\n[commit]\namount = "100"\n'
        "first_day = 2026-01-01\nlast_day = 2026-12-31\n"
    )
    done = rebill("report", "review", "--store", september, "--contract", contract)
    assert "commit.used_before" in done.fault
