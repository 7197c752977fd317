"""`rebill baseline`, `bridge` and `quote`: from a store to text, JSON and files."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analyzer.prices import Book
from analyzer.store import Store
from analyzer.trace import Call, Reported, Tokens, UsageRow
from tests.replay.log_builder import take

DAY_US = 86_400_000_000
FIRST = datetime(2026, 8, 3, 12, tzinfo=UTC)
DAYS = 90
"""3 August to 31 October."""


def calls() -> list[Call]:
    """Four calls a day on Opus 4.8; in batches from September on."""
    found = []
    for number in range(4 * DAYS):
        start = FIRST + timedelta(number // 4)
        found.append(
            Call(
                line=1,
                line_sha256=hashlib.sha256(str(number).encode()).digest(),
                message_id=f"m{number}",
                model="claude-opus-4-8",
                start_us=int(start.timestamp()) * 10**6 + number,
                tier="standard" if start.month == 8 else "batch",
                workload="digest",
                session=f"s{number}",
                tokens=Tokens(uncached=10**6, read=0, write_5m=0, write_1h=0, output=10**5),
            )
        )
    return found


def reported(found: list[Call]) -> Reported:
    rows: dict[tuple[int, str], int] = {}
    for call in found:
        key = ((call.start_us or 0) // DAY_US * DAY_US, call.tier or "")
        rows[key] = rows.get(key, 0) + 1
    return Reported(
        line=1,
        report="usage report",
        usage=tuple(
            UsageRow(
                start_us=start,
                end_us=start + DAY_US,
                model="claude-opus-4-8",
                tier=tier,
                tokens=Tokens(
                    uncached=count * 10**6, read=0, write_5m=0, write_1h=0, output=count * 10**5
                ),
            )
            for (start, tier), count in rows.items()
        ),
    )


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three months, with the vendor's usage report."""
    from analyzer.intake import Batch, FileCount

    path = tmp_path_factory.mktemp("quarter") / "s.duckdb"
    with Store.open(path, create=True) as store:
        take(store, calls())
        batch, count = Batch(), FileCount("report")
        count.add(batch, reported(calls()))
        count.close(batch, ("report", "admin_reports", "1" * 64, 0, 0, 0))
        with store.transaction():
            store.take(batch)
    return path


@pytest.fixture
def baseline(rebill: Any, quarter: Path, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    done = rebill(
        "baseline", "freeze", "--store", quarter, "--period", "2026-08-03..2026-08-30", "-o", path
    )
    assert (done.status, done.err) == (0, "")
    assert "FAIL" not in done.out
    # 112 calls of 1 Mtok at $5 and .1 at $25
    assert "28 days, $840.00 at list" in done.out
    assert hashlib.sha256(path.read_bytes()).hexdigest() in done.out
    assert done.out.count("by ____") == 3
    return path


def keys(folder: Path) -> list[Path]:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    paths = [folder / "consultant.pem", folder / "client.pem"]
    for path in paths:
        path.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return paths


TERMS = """
version = 1
currency = "USD"
least_grade = "E3"

[[tier]]
share = 0.2
"""


def test_a_signed_baseline_earns_a_fee_line_by_line(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    words = [
        "baseline", "compare", baseline, "--store", quarter, "--period", "2026-09", "--period",
        "2026-10", "--terms", tmp_path / "terms.toml", "-o", tmp_path / "found.json",
    ]  # fmt: skip
    unsigned = rebill(*words)
    assert "refused: the baseline is not signed" in unsigned.out
    for key in keys(tmp_path):
        signed = rebill("baseline", "sign", baseline, "--key", key, "--signer", key.stem)
        assert (signed.status, signed.err) == (0, "")
        assert f"pass  signed by {key.stem}" in signed.out
    done = rebill(*words)
    assert (done.status, done.err) == (0, "")
    # September: 120 calls of $7.50 at half price; a fifth of $450
    assert "avoided cost        $450.00" in done.out
    assert "fee for 2026-09-01 to 2026-09-30: invoice, $90.00" in done.out
    assert "fee for 2026-10-01 to 2026-10-31: invoice, $93.00" in done.out
    told = json.loads((tmp_path / "found.json").read_text())
    assert Fraction(told["periods"][0]["adjusted"]) == 900 * 10**12
    assert told["periods"][0]["grade"] == "E2"
    digest = hashlib.sha256((tmp_path / "terms.toml").read_bytes()).hexdigest()
    book = Book.load()
    assert told["papers"] == [
        {"name": f"price book, {book.version}", "value": book.sha256},
        {"name": "terms, terms.toml", "value": digest},
    ]
    assert f"by terms, terms.toml, sha256 {digest}" in done.out
    assert not list(tmp_path.glob("*.part"))


def test_only_trusted_keys_earn_a_fee(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    pems = keys(tmp_path)
    signed = [rebill("baseline", "sign", baseline, "--key", k, "--signer", k.stem) for k in pems][1]
    prints = [line.split()[-1] for line in signed.out.splitlines() if "signed by" in line]
    words = [
        "baseline", "compare", baseline, "--store", quarter, "--period", "2026-09", "--terms",
        tmp_path / "terms.toml",
    ]  # fmt: skip
    both = [word for one in prints for word in ("--trust", one)]
    assert "invoice, $90.00" in rebill(*words, *both).out
    other = rebill(*words, *both, "--trust", "1" * 64)
    assert other.status == 0
    assert "refused: the baseline is not signed" in other.out
    assert "signatures do not count: no signature by the trusted key 1111" in other.out
    page = tmp_path / "page.html"
    words = ["report", "gainshare", "--baseline", baseline, *words[3:], "--trust", prints[0]]
    assert rebill(*words, "-o", page).status == 0
    text = page.read_text()
    assert "Refused: the baseline is not signed" in text
    assert f"signed by a key that is not trusted: {prints[1]}" in text
    assert f"--trust {prints[0]}" in text
    # a folder that is not there yet is made, as for pages
    compared = ["baseline", "compare", baseline, "--store", quarter, "--period", "2026-09"]
    assert rebill(*compared, "-o", tmp_path / "new" / "found.json").status == 0
    assert len(json.loads((tmp_path / "new" / "found.json").read_text())["papers"]) == 1


def test_verify_passes_and_names_what_changed(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    done = rebill("baseline", "verify", baseline, "--store", quarter)
    assert (done.status, done.err) == (0, "")
    assert "pass  made anew, the same bytes" in done.out
    other = tmp_path / "other.duckdb"
    with Store.open(other, create=True) as store:
        take(store, calls()[1:])
    done = rebill("baseline", "verify", baseline, "--store", other)
    assert done.status == 1
    assert "FAIL  calls of 2026-08-03: frozen as" in done.out
    assert "FAIL  report: usage" in done.out
    told = json.loads(rebill("baseline", "verify", baseline, "--store", other, "--json").out)
    assert told["differs"][0]["part"] == "calls of 2026-08-03"
    baseline.write_bytes(baseline.read_bytes().replace(b"Claude traffic", b"Claude Traffic"))
    done = rebill("baseline", "verify", baseline, "--store", quarter)
    assert done.status == 1
    assert "FAIL  the file itself, by its manifest.outputs_sha256: frozen as" in done.out
    assert "the file was changed" in rebill("baseline", "sign", baseline, "--key", "x").fault


def test_what_was_signed_off_and_by_whom_can_be_asked_for(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    words = ["baseline", "verify", baseline, "--store", quarter]
    digest = hashlib.sha256(baseline.read_bytes()).hexdigest()
    assert rebill(*words, "--sha256", digest).status == 0
    done = rebill(*words, "--sha256", "0" * 64)
    assert (done.status, f"FAIL  the file has sha256 {digest}, not" in done.out) == (1, True)
    pems = keys(tmp_path)
    signed = [rebill("baseline", "sign", baseline, "--key", k, "--signer", k.stem) for k in pems][1]
    prints = [line.split()[-1] for line in signed.out.splitlines() if "signed by" in line]
    both = [word for one in prints for word in ("--trust", one)]
    assert rebill(*words, *both).status == 0
    done = rebill(*words, "--trust", prints[0])
    assert (done.status, "signed by a key that is not trusted" in done.out) == (1, True)
    done = rebill(*words, *both, "--trust", "1" * 64)
    assert (done.status, "no signature by the trusted key 1111" in done.out) == (1, True)
    assert "no fingerprint" in rebill(*words, "--trust", "client").fault


def test_a_signed_baseline_is_not_overwritten(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    consultant, client = keys(tmp_path)
    rebill("baseline", "sign", baseline, "--key", client, "--signer", "client")
    words = ["baseline", "freeze", "--store", quarter, "-o", baseline]
    raw = baseline.read_bytes()
    other = [*words, "--period", "2026-08-10..2026-09-06"]
    assert "another baseline stands there with signatures" in rebill(*other).fault
    assert baseline.read_bytes() == raw
    # the same bytes again: the client's signature holds and stays beside the consultant's
    same = [*words, "--period", "2026-08-03..2026-08-30", "--sign", consultant]
    done = rebill(*same)
    assert (done.status, done.out.count("pass  signed by")) == (0, 2)
    assert baseline.read_bytes() == raw


def test_a_fault_writes_nothing(rebill: Any, quarter: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text("as it was")
    for words in (
        ["--period", "2026-08-01..2026-08-30"],
        ["--period", "2026-08-03T00:00+02:00"],
        ["--period", "2026-08", "--exclude", "2026-08"],
        ["--period", "2026-08-03..2026-08-30", "--sign", tmp_path / "none.pem"],
    ):
        done = rebill("baseline", "freeze", "--store", quarter, *words, "-o", path)
        assert done.fault
        assert path.read_text() == "as it was"
    assert [one.name for one in tmp_path.iterdir()] == ["b.json"]


def test_an_indicative_baseline_earns_nothing(rebill: Any, quarter: Path, tmp_path: Path) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    path = tmp_path / "b.json"
    words = ["--store", quarter, "--period", "2026-08-10..2026-08-23", "-o", path]
    assert "INDICATIVE" in rebill("baseline", "freeze", *words).out
    words = ["baseline", "compare", path, "--store", quarter, "--period", "2026-09"]
    assert "no fee rests on it" in rebill(*words).out
    assert (
        "the baseline is indicative (whole days"
        in rebill(*words, "--terms", tmp_path / "terms.toml").fault
    )


def test_the_gainshare_page_of_a_baseline_reads_no_store(
    rebill: Any, baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    page = tmp_path / "page.html"
    words = ["report", "gainshare", "--baseline", baseline, "--terms", tmp_path / "terms.toml"]
    done = rebill(*words, "--store", tmp_path / "none.duckdb", "-o", page)
    assert (done.status, done.err) == (0, "")
    assert not (tmp_path / "none.duckdb").exists()
    told = json.loads(page.with_suffix(".json").read_text())
    assert (told["frozen"]["at_list"], told["periods"]) == ("840", [])
    # 840 dollars, 30 % avoided, a fifth of it
    assert told["fee_rules"]["example"]["due"] == "50.4"
    text = page.read_text()
    assert "28 days cost" in text
    assert hashlib.sha256(baseline.read_bytes()).hexdigest() in text
    assert str(tmp_path) not in text


def test_the_gainshare_page_verifies_and_trues_up(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    page = tmp_path / "page.html"
    words = [
        "report", "gainshare", "--baseline", baseline, "--store", quarter, "--period", "2026-09",
        "--period", "2026-10", "--terms", tmp_path / "terms.toml", "-o", page,
    ]  # fmt: skip
    assert rebill(*words).status == 0
    assert "Refused: the baseline is not signed" in page.read_text()
    for key in keys(tmp_path):
        assert rebill("baseline", "sign", baseline, "--key", key, "--signer", key.stem).status == 0
    done = rebill(*words)
    assert (done.status, done.err) == (0, "")
    text = page.read_text()
    # October: 124 calls of $7.50 at half price; a fifth of $465
    assert 'the verified net saving is <b><span class="nb" data-usd="465">$465.00' in text
    told = json.loads(page.with_suffix(".json").read_text())
    assert [one["due"] for one in told["statements"]] == ["90", "93"]
    assert told["statements"][1]["paid"] == "183"
    for one in told["periods"]:
        steps = [Fraction(step["amount"]) for step in one["steps"]]
        assert Fraction(one["baseline_bill"]) + sum(steps) == Fraction(one["adjusted"])
        assert sum(Fraction(saved["avoided"]) for saved in one["saved"]) == Fraction(one["avoided"])


def test_the_gainshare_page_tells_why_there_is_no_fee(
    rebill: Any, quarter: Path, baseline: Path, tmp_path: Path
) -> None:
    (tmp_path / "terms.toml").write_text(TERMS)
    weak, page = tmp_path / "weak.json", tmp_path / "page.html"
    frozen = ["--store", quarter, "--period", "2026-08-10..2026-08-23", "-o", weak]
    assert rebill("baseline", "freeze", *frozen).status == 0
    words = ["--store", quarter, "--terms", tmp_path / "terms.toml", "-o", page]
    asked = ["report", "gainshare", "--period", "2026-09", *words]
    assert rebill(*asked, "--baseline", weak).status == 0
    assert "No fee is worked out: the baseline is indicative (whole days" in page.read_text()
    page.unlink()
    overlapping = ["report", "gainshare", "--period", "2026-08", *words]
    assert "overlaps the baseline" in rebill(*overlapping, "--baseline", baseline).fault
    assert not page.exists()


def test_a_bridge_foots_in_cents_and_as_json(rebill: Any, quarter: Path) -> None:
    done = rebill("bridge", "2026-09", "2026-10", "--store", quarter)
    assert (done.status, done.err) == (0, "")
    # 120 calls, then 124, of $3.75
    assert "2026-09-01 to 2026-09-30: $450.00" in done.out
    assert "2026-10-01 to 2026-10-31: $465.00   ($15.00)" in done.out
    told = json.loads(rebill("bridge", "2026-09", "2026-10", "--store", quarter, "--json").out)
    parts = told["bridge"]["attribution"]["parts"]
    assert sum(Fraction(part["in_order"]) for part in parts) == 15 * 10**12


def test_a_bridge_spans_two_stores(rebill: Any, quarter: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    for path, part in ((first, calls()[:40]), (second, calls()[-40:])):
        with Store.open(path, create=True) as store:
            take(store, part)
    done = rebill("bridge", first, second)
    # 40 calls of $7.50, then of half
    assert "2026-10-22 to 2026-10-31: $150.00   (-$150.00)" in done.out
    assert "give two stores or two periods" in rebill("bridge", first, "2026-10").fault
    assert "do not overlap" in rebill("bridge", "2026-10", "2026-09", "--store", quarter).fault
    assert (
        "the log has calls from" in rebill("bridge", "2026-07", "2026-09", "--store", quarter).fault
    )


def test_a_quote_over_quantiles(rebill: Any) -> None:
    words = ["quote", "--fixed", 60_000, "--share", 0.2, "--cap", 50_000]
    done = rebill(*words, "--p10", 100_000, "--p50", 300_000, "--p90", 400_000)
    assert (done.status, done.err) == (0, "")
    assert "the fixed fee is earned back from $60,000.00" in done.out
    assert "the share never costs as much as the fixed fee" in done.out
    assert "the share stops growing at $250,000.00" in done.out
    assert "not included: " in done.out
    words += ["--p10", 100_000, "--p50", 300_000, "--p90", 400_000, "--json"]
    told = json.loads(rebill(*words).out)
    assert [Fraction(row["gainshare_fee"]) / 10**12 for row in told["rows"]] == [
        20_000, 50_000, 50_000,
    ]  # fmt: skip


def test_a_quote_from_a_replay_takes_days_to_a_year(rebill: Any, tmp_path: Path) -> None:
    days = [{"observed": "100", "after": str(80 + number % 2)} for number in range(28)]
    path = tmp_path / "savings.json"
    path.write_text(json.dumps({"days": days}))
    told = json.loads(
        rebill("quote", "--fixed", 1, "--share", 0.5, "--savings-from", path, "--json").out
    )
    low, middle, high = (Fraction(row["saving"]) / 10**12 for row in told["rows"])
    # 19.50 a day
    assert middle == Fraction(39, 2) * 365
    assert low < middle < high
    assert abs(middle - low - (high - middle)) < 1e-9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "holds neither"),
        ('{"days": []}', "at least 14"),
        ("[1, 2]", "give at least 100"),
        ("[true]", "holds neither"),
        ("[NaN]", "holds neither"),
        ("[" * 100_000, "holds neither"),
        (f"[{','.join(['1e999999999'] * 100)}]", "holds neither"),
        (f"[{','.join(['1' + '0' * 12] * 100)}]", "holds neither"),
        ('{"days": [{"observed": "1e400", "after": 0}]}', "holds neither"),
        ("x", "holds neither"),
    ],
)
def test_savings_that_cannot_be_read_are_one_line(
    rebill: Any, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "savings.json"
    path.write_text(text)
    assert words in rebill("quote", "--fixed", 1, "--share", 0.5, "--savings-from", path).fault


def test_a_quote_without_savings_or_with_both_is_wrong_usage(rebill: Any) -> None:
    assert rebill("quote", "--fixed", 1, "--share", 0.5).status == 2
    assert rebill("quote", "--fixed", "a", "--share", 0.5).status == 2
    assert rebill("quote", "--fixed", "nan", "--share", 0.5).status == 2
    done = rebill("quote", "--fixed", 1, "--share", 2, "--p10", 1, "--p50", 2, "--p90", 3)
    assert "give a share from 0 to 1" in done.fault
