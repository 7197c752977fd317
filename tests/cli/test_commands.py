import json
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analyzer.ingest import ingest
from analyzer.results import LEVERS
from analyzer.store import Store
from connectors.registry import CONNECTORS


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """A store of one line at fault."""
    (tmp_path / "a.jsonl").write_bytes(b"garbage\n")
    with Store.open(tmp_path / "nothing.duckdb", create=True) as opened:
        ingest([str(tmp_path / "a.jsonl")], opened)
    return tmp_path / "nothing.duckdb"


def test_replay_prints_the_bill_worked_by_hand(store: Path, rebill: Any) -> None:
    done = rebill("replay", "--store", store)
    assert (done.status, done.err) == (0, "")
    # ten calls of 0.25 Mtok in at $2 and 0.01 Mtok out at $10: 10 x ($0.50 + $0.10)
    assert re.search(r"^billed +\$6\.00$", done.out, re.MULTILINE)
    for lever in LEVERS:
        assert re.search(rf"^{lever} ", done.out, re.MULTILINE)


def test_replay_as_json_is_json_and_nothing_else(store: Path, process: Any) -> None:
    done = process("replay", "--store", store, "--json", "--title", 'A "quoted" ☃ title')
    assert (done.status, done.err) == (0, "")
    told = json.loads(done.out)
    assert told["requests"] == 10
    assert told["title"] == 'A "quoted" ☃ title'
    assert told["ledger"]["lines"] == told["ledger"]["kept"] == 10


def test_levers_may_be_chosen_and_an_unknown_one_is_told_what_is_allowed(
    store: Path, rebill: Any
) -> None:
    assert rebill("replay", "--store", store, "--levers", "batch, caching").status == 0
    for given in ("x", "batch,x", ","):
        done = rebill("replay", "--store", store, "--levers", given)
        assert done.status == 2
        assert "choose among output, routing, batch, caching" in done.err


@pytest.mark.parametrize(
    "words",
    [["replay"], ["replay", "--json"], ["policy", "show"], ["report", "savings"], ["check"]],
)
def test_a_store_without_calls_is_one_line(
    words: list[str], nothing: Path, rebill: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fault = rebill(*words, "--store", nothing).fault
    assert fault.startswith(f"{nothing}: holds no call: none in 1 line of 1 file (")


def test_a_store_with_nothing_to_replay_says_what_it_holds_and_what_to_do(
    tmp_path: Path, traps: Path, rebill: Any, line: Any
) -> None:
    def fault(name: str, *paths: Path) -> str:
        with Store.open(tmp_path / f"{name}.duckdb", create=True) as opened:
            ingest([str(path) for path in paths], opened)
        said: str = rebill("replay", "--store", tmp_path / f"{name}.duckdb").fault
        return said.partition(".duckdb: ")[2]

    assert fault("empty").startswith("is empty; take logs in with `rebill ingest LOGS --store")
    report = traps.parent / "sources" / "admin_reports" / "usage_report.json"
    alone = r"holds the vendor's reports alone \(\d+ cells\), and no call .*; take logs in with"
    assert re.match(alone, fault("reports", report))
    timeless = tmp_path / "timeless.jsonl"
    stripped = [json.loads(line(number)) for number in range(2)]
    for told in stripped:
        del told["t_start_ns"], told["t_end_ns"]
    timeless.write_text("".join(json.dumps(told) + "\n" for told in stripped))
    assert fault("timeless", timeless).startswith("holds 2 calls, none with a time")
    assert fault("both", timeless, report).startswith("holds 2 calls, none with a time")


@pytest.mark.parametrize(
    "words", [["replay"], ["policy", "show"], ["report", "savings"], ["check"]]
)
def test_no_store_is_one_line_and_none_is_made(
    words: list[str], tmp_path: Path, rebill: Any
) -> None:
    none = tmp_path / "none.duckdb"
    assert (
        "no store here; make one with `rebill ingest LOGS" in rebill(*words, "--store", none).fault
    )
    assert not list(tmp_path.iterdir())


def test_check_passes_a_sound_store_and_names_every_gate(store: Path, rebill: Any) -> None:
    done = rebill("check", "--store", store)
    assert (done.status, done.err) == (0, "")
    assert len(re.findall(r"^pass  ", done.out, re.MULTILINE)) == 7
    assert "FAIL" not in done.out
    assert "lines read 10 = kept 10 + repeats 0 + rejected 0" in done.out
    assert re.search(r"^lost \$[\d.]+ on \d+ calls with ", done.out, re.MULTILINE)


def test_check_as_json_holds_the_gates_and_the_exact_figures(store: Path, rebill: Any) -> None:
    done = rebill("check", "--store", store, "--json", "--rejects")
    told = json.loads(done.out)
    assert all(gate["passed"] for gate in told["gates"])
    assert told["ledger"]["kept"] == 10
    assert told["rejects"] == []
    # ten calls of 0.25 Mtok in at $2, one every 1,000 s: $5 in all, $3 after the first hour's four
    assert told["calibration"]["burn_in_calls"] == 4
    assert told["calibration"]["total"]["billed_cost"] == str(5 * 10**12)
    assert told["calibration"]["after_burn_in"]["billed_cost"] == str(3 * 10**12)


def test_check_fails_a_store_with_a_line_at_fault_and_lists_it(
    line: Any, tmp_path: Path, rebill: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(line(1) + b"garbage\n" + line(2).replace(b'"usage"', b'"usages"'))
    rebill("ingest", log, "--store", store)
    done = rebill("check", "--store", store, "--rejects")
    assert (done.status, done.err) == (1, "")
    assert "FAIL  every line could be read: 2 lines at fault" in done.out
    assert done.out.count("FAIL") == 1
    listed = [told for told in done.out.splitlines() if told.startswith(str(log))]
    assert listed[0].startswith(f"{log}:2: fault: not JSON; ")
    assert listed[1].startswith(f"{log}:3: fault: no usage; ")
    assert str(log) not in rebill("check", "--store", store).out


def test_check_fails_a_store_whose_models_have_no_price(
    line: Any, tmp_path: Path, rebill: Any
) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    log.write_bytes(line(1) + line(2).replace(b"claude-sonnet-5", b"claude-mystery-9"))
    rebill("ingest", log, "--store", store)
    done = rebill("check", "--store", store)
    assert done.status == 1
    assert "FAIL  99 % of tokens have a price: model claude-mystery-9" in done.out


def test_a_call_without_a_time_stops_no_analysis(line: Any, tmp_path: Path, rebill: Any) -> None:
    log, store = tmp_path / "a.jsonl", tmp_path / "s.duckdb"
    told = json.loads(line(2))
    del told["t_start_ns"], told["t_end_ns"]
    log.write_bytes(line(1) + json.dumps(told).encode())
    rebill("ingest", log, "--store", store)
    assert "no time in the log" in rebill("replay", "--store", store).out


def test_the_policy_that_is_shown_is_a_policy_that_is_valid(
    store: Path, tmp_path: Path, rebill: Any
) -> None:
    shown = rebill("policy", "show", "--store", store)
    assert (shown.status, shown.err) == (0, "")
    assert tomllib.loads(shown.out)["version"] == 1
    file = tmp_path / "policy.toml"
    file.write_text(shown.out)
    checked = rebill("policy", "check", file)
    assert (checked.status, checked.err) == (0, "")
    assert checked.out.endswith(f"{file}: valid\n")
    assert rebill("policy", "show", "--policy", file).out == shown.out
    assert rebill("replay", "--store", store, "--policy", file).status == 0


def test_the_sample_policy_is_valid_and_prints_each_line(rebill: Any) -> None:
    sample = Path(__file__).parents[2] / "sample_logs" / "policy.toml"
    done = rebill("policy", "check", sample)
    rules = [
        row for row in done.out.splitlines() if re.match(r"(output|routing|batch|caching) ", row)
    ]
    told = tomllib.loads(sample.read_text())
    assert len(rules) == sum(len(told.get(lever, ())) for lever in LEVERS)


FAULTS = {
    "lever": ('[[batching]]\nworkload = "a"\n', "batching"),
    "value": ('[[output]]\nworkload = "a"\nlength_ratio = "half"\n', "length_ratio"),
    "syntax": ("version = \n", "line 2"),
    "version": ("", "version"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_in_a_policy_is_one_line_that_names_it(
    kind: str, tmp_path: Path, rebill: Any
) -> None:
    text, names = FAULTS[kind]
    file = tmp_path / "policy.toml"
    file.write_text(text if kind == "version" else f"version = 1\n{text}")
    for words in (["policy", "check", file], ["replay", "--policy", file]):
        fault = rebill(*words).fault
        assert str(file) in fault
        assert names in fault


def test_every_fault_of_a_policy_is_named(tmp_path: Path, rebill: Any) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('version = 1\n[[output]]\nlength_ratio = "half"\n[[batching]]\n')
    said = rebill("policy", "check", file).err
    assert "batching" in said
    assert "length_ratio" in said


def test_sources_lists_every_connector(rebill: Any) -> None:
    done = rebill("sources")
    assert done.status == 0
    for connector in CONNECTORS:
        begins = re.escape(f"{connector.title.split()[0]}")
        assert re.search(rf"^{connector.name} +{begins}", done.out, re.MULTILINE)


def test_prices_show_every_model_with_its_source(rebill: Any) -> None:
    shown = rebill("prices", "show")
    assert (shown.status, shown.err) == (0, "")
    assert re.match(r"price book \S+, sha256 [0-9a-f]{64}; USD per million tokens\n", shown.out)
    one = rebill("prices", "show", "--model", "claude-haiku-5-5")
    rows = [row for row in shown.out.splitlines() if row.startswith("claude-haiku-5-5 ")]
    assert rows
    assert all(row.split() in [told.split() for told in one.out.splitlines()] for row in rows)
    assert "source: " in one.out


def test_a_model_without_a_price_is_one_line(rebill: Any) -> None:
    done = rebill("prices", "show", "--model", "claude-mystery-9")
    assert done.fault.startswith("--model claude-mystery-9: not in the book; `rebill prices show`")
    assert done.out == ""


def test_prices_check_counts_what_it_lists(rebill: Any) -> None:
    done = rebill("prices", "check")
    *listed, last = done.out.splitlines()
    assert last.startswith(f"{len(listed)} differences on ")
    assert done.status == int(any("no known reason" in row for row in listed))


class _Outside(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe"}:
            self.found += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_report_is_one_page_that_fetches_nothing_and_its_json_twin(
    store: Path, tmp_path: Path, rebill: Any
) -> None:
    page = tmp_path / "new" / "savings.html"
    done = rebill("report", "savings", "--store", store, "-o", page, "--title", "<b>Us & them</b>")
    assert (done.status, done.err) == (0, "")
    text = page.read_text()
    outside = _Outside()
    outside.feed(text)
    assert [url for url in outside.found if not url.startswith(("data:", "#"))] == []
    assert "<b>Us & them</b>" not in text
    twin = json.loads(page.with_suffix(".json").read_text())
    assert twin["title"] == "<b>Us & them</b>"
    replayed = rebill("replay", "--store", store, "--json", "--title", "<b>Us & them</b>")
    assert twin == json.loads(replayed.out)
    assert sorted(path.name for path in page.parent.iterdir()) == ["savings.html", "savings.json"]
    for path in (page, page.with_suffix(".json")):
        assert f"wrote {path} ({path.stat().st_size:,} bytes)" in done.out


def test_a_page_named_like_its_twin_is_refused(store: Path, tmp_path: Path, rebill: Any) -> None:
    page = tmp_path / "savings.json"
    fault = rebill("report", "savings", "--store", store, "-o", page).fault
    assert fault.startswith(f"{page}: ends like its JSON twin; name the page")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("where", ["file/savings.html", "full"])
def test_a_page_that_cannot_be_written_is_one_line(
    where: str, store: Path, tmp_path: Path, rebill: Any
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "full.part").symlink_to("/dev/full")
    fault = rebill("report", "savings", "--store", store, "-o", tmp_path / where).fault
    assert "check free space and rights, then run the same command again" in fault


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_one_line() -> None:
    code = "from analyzer.cli import main; main()"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "sources"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("rebill: output: No space left on device; check free space")


def test_the_json_twin_ends_in_one_line_break(store: Path, rebill: Any, tmp_path: Path) -> None:
    page = tmp_path / "savings.html"
    assert rebill("report", "savings", "--store", store, "-o", page).status == 0
    text = page.with_suffix(".json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
