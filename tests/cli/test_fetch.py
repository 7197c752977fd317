"""`rebill fetch` through the real SDK against a vendor on the loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.vendor import live

pytestmark = pytest.mark.enable_socket

KEY = "sk-ant-admin01-synthetic-key-of-a-test"
RANGE = ("--from", "2026-09-01", "--to", "2026-10-01")
PAGES = 3


class Vendor:
    """Three pages a window, with spaces as no JSON library writes them; faults come first."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.faults: dict[str, list[tuple[int, str]]] = {}
        """Answers, by page, given before the page itself."""
        self.refreshed = "2026-11-01T00:00:00Z"
        self.endless = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def cursors(self) -> list[str]:
        return [asked["query"].get("page", ["page_1"])[0] for asked in self.asked]

    def page(self, start: str, end: str, cursor: str) -> bytes:
        number = int(cursor.removeprefix("page_"))
        group = {"model": "claude-opus-5-5", "actor": None, "product": None}
        usage = {"uncached_input_tokens": number, "output_tokens": 1, "cache_creation": None}
        item = {"starting_at": start, "ending_at": end, "group": group, "usage": usage}
        more = number < PAGES or self.endless
        told = {
            "data": [item],
            "has_more": more,
            "next_page": (cursor if self.endless else f"page_{number + 1}") if more else None,
            "data_refreshed_at": self.refreshed,
        }
        return json.dumps(told, indent=1, ensure_ascii=False).replace(": ", " :  ").encode()

    def _handler(vendor) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has its own self
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                query = parse_qs(address.query)
                headers = {name.lower(): value for name, value in self.headers.items()}
                vendor.asked.append({"path": address.path, "query": query, "headers": headers})
                cursor = query.get("page", ["page_1"])[0]
                if vendor.faults.get(cursor):
                    self._answer(*vendor.faults[cursor].pop(0))
                else:
                    page = vendor.page(query["starting_at"][0], query["ending_at"][0], cursor)
                    self._answer(200, page.decode())

            def _answer(self, status: int, text: str) -> None:
                cut = text.endswith("<cut>")
                body = text.removesuffix("<cut>").encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body) * (1 + cut)))
                self.send_header("retry-after-ms", "1")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", KEY)
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fetch(rebill: Any, vendor: Vendor, tmp_path: Path) -> Any:
    """Run `rebill fetch` against the vendor, into one file."""

    def run(*words: str, report: str = "usage", days: tuple[str, ...] = RANGE) -> Any:
        path = tmp_path / "out.jsonl"
        return rebill("fetch", report, *days, "-o", path, "--base-url", vendor.url, *words)

    return run


def error(message: str) -> str:
    return json.dumps({"type": "error", "error": {"type": "any", "message": message}})


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def test_every_page_is_saved_as_it_came_below_what_was_asked(
    fetch: Any, vendor: Vendor, tmp_path: Path
) -> None:
    done = fetch()
    assert (done.status, done.err) == (0, "")
    assert done.out == f"wrote {tmp_path / 'out.jsonl'} (3 pages)\n"
    asked, *pages = lines(tmp_path / "out.jsonl")
    assert json.loads(asked)["group_by"][:2] == ["model", "service_tier"]
    start, end = "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"
    sent = [vendor.page(start, end, f"page_{number}") for number in (1, 2, 3)]
    assert pages == [page.replace(b"\n", b" ") for page in sent]
    assert not (tmp_path / "out.jsonl.part").exists()


def test_the_request_is_the_documented_one(fetch: Any, vendor: Vendor) -> None:
    fetch("--group-by", "model, speed,model", "--bucket", "1h")
    first, second, _ = vendor.asked
    assert first["path"] == "/v1/organizations/analytics/usage"
    assert first["query"]["group_by[]"] == ["model", "speed"]
    assert first["query"]["time_bucket_width"] == ["1h"]
    assert first["query"]["starting_at"] == ["2026-09-01T00:00:00Z"]
    assert first["query"]["ending_at"] == ["2026-10-01T00:00:00Z"]
    assert "analytics-usage-cost-2026-08-24" in first["headers"]["anthropic-beta"]
    assert second["query"]["page"] == ["page_2"]


def test_costs_are_grouped_by_type_so_that_tokens_stand_apart(fetch: Any, vendor: Vendor) -> None:
    fetch(report="cost")
    assert vendor.asked[0]["path"] == "/v1/organizations/analytics/cost"
    assert vendor.asked[0]["query"]["group_by[]"][-2:] == ["cost_type", "token_type"]


@pytest.mark.parametrize(
    ("report", "path", "group"),
    [
        ("usage", "/v1/organizations/usage_report/messages", "speed"),
        ("cost", "/v1/organizations/cost_report", "description"),
    ],
)
def test_the_admin_reports_are_asked_for_by_path(
    report: str, path: str, group: str, fetch: Any, vendor: Vendor
) -> None:
    assert fetch("--source", "admin", report=report).status == 0
    asked = vendor.asked[0]
    assert asked["path"] == path
    assert asked["query"]["bucket_width"] == ["1d"]
    assert asked["query"]["limit"] == ["31"]
    assert group in asked["query"]["group_by[]"]
    assert ("fast-mode" in asked["headers"].get("anthropic-beta", "")) == (group == "speed")


def test_a_range_over_31_days_is_cut(fetch: Any, vendor: Vendor, tmp_path: Path) -> None:
    done = fetch(days=("--from", "2026-08-01", "--to", "2026-10-01"))
    assert done.out.endswith("(6 pages)\n")
    begun = [asked["query"] for asked in vendor.asked if "page" not in asked["query"]]
    # 31 days from 1 August end on 1 September; the other 30 are September
    assert [query["starting_at"][0][:10] for query in begun] == ["2026-08-01", "2026-09-01"]
    assert [query["ending_at"][0][:10] for query in begun] == ["2026-09-01", "2026-10-01"]
    assert [b"rebill_fetch" in line for line in lines(tmp_path / "out.jsonl")].count(True) == 2


def test_buckets_of_a_minute_are_asked_for_day_by_day(fetch: Any, vendor: Vendor) -> None:
    fetch("--bucket", "1m", days=("--from", "2026-09-01", "--to", "2026-09-03"))
    assert len([asked for asked in vendor.asked if "page" not in asked["query"]]) == 2


def test_a_run_that_failed_goes_on_after_its_last_whole_page(
    fetch: Any, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.faults["page_3"] = [(500, error("down"))] * 5
    failed = fetch()
    assert failed.fault == (
        "the API is busy or failing (500) after 4 retries; "
        "run the same command again: it goes on after the last whole page"
    )
    assert not (tmp_path / "out.jsonl").exists()
    vendor.asked.clear()
    done = fetch()
    assert done.out == f"wrote {tmp_path / 'out.jsonl'} (3 pages, 2 of them by an earlier run)\n"
    assert vendor.cursors == ["page_3"]
    whole = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl").unlink()
    fetch()
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_torn_last_line_is_fetched_again(fetch: Any, vendor: Vendor, tmp_path: Path) -> None:
    fetch()
    path, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    whole = path.read_bytes()
    part.write_bytes(whole[:-20])
    path.unlink()
    vendor.asked.clear()
    assert fetch().status == 0
    assert vendor.cursors == ["page_3"]
    assert path.read_bytes() == whole


def test_a_window_that_was_begun_and_got_no_page_is_begun_again(
    fetch: Any, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.faults["page_1"] = [(529, error("overloaded"))] * 5
    assert fetch().status == 1
    assert len(lines(tmp_path / "out.jsonl.part")) == 1
    assert fetch().status == 0
    assert len(lines(tmp_path / "out.jsonl")) == 1 + PAGES


def test_rate_limits_and_half_answers_are_tried_again(fetch: Any, vendor: Vendor) -> None:
    vendor.faults["page_1"] = [(429, error("slow down"))] * 2
    vendor.faults["page_2"] = [(200, '{"data": [<cut>')]
    assert fetch().status == 0
    assert vendor.cursors == ["page_1", "page_1", "page_1", "page_2", "page_2", "page_3"]


def test_a_whole_file_is_not_fetched_again(fetch: Any, vendor: Vendor, tmp_path: Path) -> None:
    fetch()
    vendor.asked.clear()
    done = fetch()
    assert done.out == f"{tmp_path / 'out.jsonl'} is whole already (3 pages); nothing fetched\n"
    assert not vendor.asked


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.part"])
@pytest.mark.parametrize(
    "held", ["another query", b"notes of mine", b'{"a":1}\n', b"[1]\n", b"x\n"]
)
def test_a_file_that_holds_something_else_is_left_alone(
    held: str | bytes, name: str, fetch: Any, vendor: Vendor, tmp_path: Path
) -> None:
    if isinstance(held, str):
        fetch("--group-by", "model")
        held = (tmp_path / "out.jsonl").read_bytes()
        (tmp_path / "out.jsonl").unlink()
        vendor.asked.clear()
    (tmp_path / name).write_bytes(held)
    done = fetch()
    if (name, held) == ("out.jsonl.part", b"notes of mine"):
        assert done.status == 0  # a torn first line of a download looks no different
        return
    assert done.fault.startswith(str(tmp_path / name))
    assert (tmp_path / name).read_bytes() == held
    assert not vendor.asked


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "the key was not accepted (401); ANTHROPIC_ADMIN_KEY must hold an Admin API key"),
        (403, "the key may not read reports (403); ANTHROPIC_ADMIN_KEY must hold an Admin"),
        (400, "the API refused the request (400): said by [key] the server; correct it"),
        (404, "the API refused the request (404): said by [key] the server; correct it"),
    ],
)
def test_a_refusal_is_one_line_with_its_remedy_and_never_the_key(
    status: int, words: str, fetch: Any, vendor: Vendor
) -> None:
    vendor.faults["page_1"] = [(status, error(f"said by {KEY} the server"))]
    done = fetch()
    assert done.fault.startswith(words)
    assert KEY not in done.err
    assert len(vendor.asked) == 1


def test_a_refusal_without_words_is_told_all_the_same(fetch: Any, vendor: Vendor) -> None:
    vendor.faults["page_1"] = [(400, "<html>")]
    assert "(400): without a reason" in fetch().fault


def test_the_key_is_sent_and_written_nowhere(fetch: Any, vendor: Vendor, tmp_path: Path) -> None:
    done = fetch()
    assert KEY in vendor.asked[0]["headers"]["authorization"]
    assert KEY not in done.out + done.err
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_without_a_key_nothing_is_asked(
    fetch: Any, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_ADMIN_KEY")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-of-the-messages-api")
    assert fetch().fault.startswith("no key; ANTHROPIC_ADMIN_KEY must hold an Admin API key")
    assert not vendor.asked


def test_the_key_is_not_sent_in_the_clear(rebill: Any, tmp_path: Path) -> None:
    address = "http://proxy.example.com"
    done = rebill("fetch", "usage", *RANGE, "-o", tmp_path / "a", "--base-url", address)
    assert done.fault == f"--base-url {address}: not https; the key would travel in the clear"


def test_a_vendor_that_cannot_be_reached_is_one_line(
    fetch: Any, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_RETRIES", 0)  # its pauses, not its behaviour
    vendor.server.server_close()
    assert fetch().fault.startswith("127.0.0.1: cannot be reached; check the network, then run")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("<html>welcome</html>", "a page is not JSON; check --base-url"),
        ("[1]", "a page is no object; check --base-url"),
        ('{"ok":true}', "the answer is no page of a report; is --base-url right?"),
        ('{"data":[],"has_more":true}', "the answer names no next page though more follow"),
    ],
)
def test_an_answer_that_is_no_page_is_not_saved(
    answer: str, words: str, fetch: Any, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.faults["page_1"] = [(200, answer)]
    assert words in fetch().fault
    assert len(lines(tmp_path / "out.jsonl.part")) == 1  # what was asked, and no answer


def test_pages_that_lead_in_a_circle_end(fetch: Any, vendor: Vendor) -> None:
    vendor.endless = True
    vendor.faults["page_1"] = [(200, '{"data":[],"has_more":true,"next_page":"page_2"}')]
    assert "names no next page though more follow" in fetch().fault


def test_a_day_that_is_not_over_is_said(fetch: Any, vendor: Vendor) -> None:
    vendor.refreshed = "2026-09-30T07:00:00Z"
    done = fetch()
    assert done.err.startswith("rebill: the vendor's figures reach to 2026-09-30T07:00:00Z;")
    assert done.status == 0


def test_the_result_as_json(fetch: Any, tmp_path: Path) -> None:
    told = json.loads(fetch("--json").out)
    assert told == {
        "path": str(tmp_path / "out.jsonl"),
        "pages": 3,
        "fetched": 3,
        "figures_reach": "2026-11-01T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--from", "2026-10-01", "--to", "2026-10-01"], "--to 2026-10-01: not after --from"),
        (["--from", "2025-01-01", "--to", "2026-09-01", "--source", "admin"], "--from 2025-01-01:"),
        (["--from", "2025-12-31", "--to", "2026-09-01"], "--from 2025-12-31: this API begins"),
        ([*RANGE, "--group-by", "model,rbac_group_id"], "--group-by rbac_group_id: its rows"),
        ([*RANGE, "--group-by", "a,b,c,d,e,f"], "--group-by: the API takes 5"),
        ([*RANGE, "--source", "admin", "--group-by", "actor"], "--group-by actor: choose from"),
    ],
)
def test_what_no_report_has_is_refused_before_anything_is_asked(
    words: list[str], fault: str, rebill: Any, vendor: Vendor, tmp_path: Path
) -> None:
    done = rebill("fetch", "usage", "-o", tmp_path / "a", "--base-url", vendor.url, *words)
    assert done.fault.startswith(fault)
    assert not vendor.asked


def test_the_admin_cost_report_is_by_day(fetch: Any) -> None:
    done = fetch("--source", "admin", "--bucket", "1h", report="cost")
    assert done.fault == "--bucket 1h: the admin cost report is by day; use 1d"


def test_what_was_fetched_is_taken_in(fetch: Any, rebill: Any, tmp_path: Path) -> None:
    fetch()
    done = rebill("ingest", tmp_path / "out.jsonl", "--store", tmp_path / "s.duckdb")
    assert done.status == 0
    assert "1 analytics_reports" in done.out
    assert "(analytics usage report 3, report request 1)" in done.out
