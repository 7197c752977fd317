"""Reports of the Admin and Analytics APIs and of Claude Code analytics."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from analyzer.trace import CostRow, Outcome, Rejected, Reported, Tokens, UsageRow
from connectors.registry import Connector, LogFile, connector_for, find_logs
from connectors.vendor import CONNECTORS

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "sample_logs" / "sources"
VENDOR = ROOT / "sample_logs" / "vendor"
TRUTH = json.loads((SOURCES / "TRUTH.json").read_text())
BUCKETS = ("uncached", "read", "write_5m", "write_1h", "output")
DAY_US = 86_400_000_000
CENT = 10**10
DOLLAR = 10**12

Read = Callable[[Path], list[Outcome]]


def usage_rows(outcomes: list[Outcome]) -> Iterator[UsageRow]:
    for outcome in outcomes:
        if isinstance(outcome, Reported):
            yield from outcome.usage


def cost_rows(outcomes: list[Outcome]) -> Iterator[CostRow]:
    for outcome in outcomes:
        if isinstance(outcome, Reported):
            yield from outcome.cost


def reports(outcomes: list[Outcome]) -> list[str]:
    return [o.report if isinstance(o, Reported) else getattr(o, "kind", "-") for o in outcomes]


def faults(outcomes: list[Outcome]) -> dict[int, tuple[str, str]]:
    return {o.line: (o.reason, o.detail) for o in outcomes if isinstance(o, Rejected)}


def truth(model: str) -> dict[str, int]:
    own = [call for call in TRUTH if call["model"] == model]
    return {name: sum(call[name] for call in own) for name in (*BUCKETS, "web_searches")}


@pytest.mark.parametrize(
    "name",
    [
        "admin_reports/usage_report.json",
        "analytics_reports/usage.jsonl",
        "console_csv/claude_api_tokens_2026_09.csv",
    ],
)
def test_every_bucket_of_every_model_is_the_truth_of_the_golden_calls(
    name: str, read: Read
) -> None:
    found = {
        row.model: {
            **{bucket: getattr(row.tokens, bucket) for bucket in BUCKETS},
            "web_searches": row.web_searches,
        }
        for row in usage_rows(read(SOURCES / name))
        if row.model
    }
    assert found == {model: truth(model) for model in {call["model"] for call in TRUTH}}


def test_every_cell_says_what_it_was_grouped_by(read: Read) -> None:
    rows = list(usage_rows(read(SOURCES / "admin_reports" / "usage_report.json")))
    day = 1_790_726_400_000_000  # 2026-09-30T00:00Z: golden noon is 1 790 769 600 s, less 43 200 s
    assert {(row.start_us, row.end_us) for row in rows if row.model} == {(day, day + DAY_US)}
    named = next(row for row in rows if row.model == "claude-opus-5-5")
    assert (named.tier, named.speed, named.geo) == ("standard", "standard", "global")
    assert (named.context_window, named.workspace) == ("0-200k", "wrkspc_golden")
    assert (named.key, named.actor, named.requests) == (None, None, None)


def test_a_day_on_which_nothing_was_used_is_a_row_of_zeros(read: Read) -> None:
    first = next(usage_rows(read(SOURCES / "admin_reports" / "usage_report.json")))
    assert first.tokens == Tokens(0, 0, 0, 0, 0, 0)
    assert first.end_us - first.start_us == DAY_US


def test_list_amounts_are_the_price_book_times_the_tokens(read: Read) -> None:
    # Sonnet: 2,348 x $2 + 6,150 x $0.20 + 6,480 x $2.50 + 445 x $10 (/M) + 2 searches = $0.046576
    # Opus: 45 x $4 + 3,900 x $0.20 + 1,400 x $5 + 2,500 x $8 + 1,500 x $20 (/M) = $0.05796
    # Haiku: 42 x $1 + 133 x $5 (/M) = $0.000707; together $0.105243
    rows = list(cost_rows(read(SOURCES / "analytics_reports" / "cost.jsonl")))
    assert sum(row.list_pico or 0 for row in rows) == 105_243 * 10**6
    assert sum(row.charged_pico for row in rows) == 8_945_655 * 10**4  # 85 % of it
    opus = {row.token_type: row.list_pico for row in rows if row.model == "claude-opus-5-5"}
    assert opus == {
        "uncached": 18 * 10**7,
        "read": 78 * 10**7,
        "write_5m": 7 * 10**9,
        "write_1h": 20 * 10**9,
        "output": 30 * 10**9,
    }
    assert [row.kind for row in rows if row.token_type is None] == ["web_search"]


def test_amounts_of_the_cost_report_are_cents_and_not_dollars(read: Read, traps: Path) -> None:
    # claude-code#51198: "123.78912" is $1.2378912; taken for dollars it would be 100 times as much
    first = next(cost_rows(read(traps / "admin_reports" / "cost_cells.jsonl")))
    assert first.charged_pico == 1_237_891_200_000
    assert first.list_pico is None
    assert (first.kind, first.token_type, first.currency) == ("tokens", "output", "USD")


def test_a_json_number_is_read_by_its_digits_and_never_as_a_float(read: Read, traps: Path) -> None:
    second = list(cost_rows(read(traps / "admin_reports" / "cost_cells.jsonl")))[1]
    assert second.charged_pico == CENT // 10


def test_one_bad_cell_rejects_its_page_and_is_named(read: Read, traps: Path) -> None:
    outcomes = read(traps / "admin_reports" / "cost_cells.jsonl")
    assert faults(outcomes) == {
        4: ("bad amount", "data[0].results[1].amount: not a decimal number"),
        5: (
            "other currency",
            "data[0].results[0].currency: amounts are documented as USD cents",
        ),
    }
    assert len(list(cost_rows(outcomes))) == 4


def test_the_same_page_twice_counts_once(read: Read, traps: Path) -> None:
    outcomes = read(traps / "admin_reports" / "cost_cells.jsonl")
    assert reports(outcomes)[:2] == ["admin cost report", "repeated report page"]


def test_a_sum_over_everything_and_an_unknown_cost_type_are_other(read: Read, traps: Path) -> None:
    last = list(cost_rows(read(traps / "admin_reports" / "cost_cells.jsonl")))[-2:]
    assert [(row.kind, row.charged_pico) for row in last] == [
        ("other", 7 * CENT),
        ("other", 8 * CENT),
    ]


def test_usage_cells_at_fault_are_told_by_path(read: Read, traps: Path) -> None:
    outcomes = read(traps / "admin_reports" / "usage_cells.jsonl")
    found = faults(outcomes)
    assert set(found) == {2, 3, 5, 6, 7, 10}
    assert found[2][1].startswith("data[0].results[1].output_tokens:")
    assert found[5][0] == "duplicate key"
    assert found[6] == ("no counts", "data[0].results[0]: holds none of the token counts")
    assert found[7] == ("bad time", "data[0].ending_at: not after starting_at")
    assert found[10][0] == "not JSON"


def test_a_missing_count_is_unknown_and_not_zero(read: Read, traps: Path) -> None:
    rows = list(usage_rows(read(traps / "admin_reports" / "usage_cells.jsonl")))
    assert [row.tokens.output for row in rows] == [5, 0, None, 7]


def test_the_day_edge_is_utc_whatever_zone_the_report_names(read: Read, traps: Path) -> None:
    # ccusage#349: 2026-09-06T02:00+02:00 is midnight UTC, 20,702 days after 1970
    third = list(usage_rows(read(traps / "admin_reports" / "usage_cells.jsonl")))[2]
    assert (third.start_us, third.end_us) == (20_702 * DAY_US, 20_703 * DAY_US)


def test_a_file_whose_last_page_is_missing_says_so(read: Read, traps: Path) -> None:
    told = reports(read(traps / "admin_reports" / "usage_cells.jsonl"))
    assert told.count("admin usage report") == 2
    assert told[7] == "admin usage report, more pages follow elsewhere"


@pytest.mark.parametrize(("name", "pages"), [("pretty_page.json", 1), ("array_of_pages.json", 2)])
def test_a_page_may_be_indented_and_pages_may_stand_in_an_array(
    name: str, pages: int, read: Read, traps: Path
) -> None:
    outcomes = read(traps / "admin_reports" / name)
    assert reports(outcomes) == ["admin usage report"] * pages


def test_rows_of_overlapping_groups_are_refused(read: Read, traps: Path) -> None:
    found = faults(read(traps / "analytics_reports" / "groups.jsonl"))
    assert found[2][0] == "overlapping rows"
    assert found[2][1].startswith("data[0].group.rbac_group_id:")


def test_an_admin_page_in_an_analytics_file_is_refused(read: Read, traps: Path) -> None:
    found = faults(read(traps / "analytics_reports" / "groups.jsonl"))
    assert found[5] == ("another report", "an Admin page; keep it in a file of its own")


def test_identities_that_cannot_be_shown_stay_rows_of_their_own(read: Read, traps: Path) -> None:
    rows = list(usage_rows(read(traps / "analytics_reports" / "groups.jsonl")))
    assert [row.actor for row in rows] == ["user_1", None, None, "arn:aws:iam::1:role/x"]
    assert [row.tier for row in rows] == [
        "flex_discount", "standard", "standard", "priority_on_demand",
    ]  # fmt: skip
    assert [row.requests for row in rows] == [3, 3, 3, 3]


def test_a_total_that_is_not_the_sum_of_its_parts_is_told(read: Read, traps: Path) -> None:
    # 100 + 10 + 1 + 2 + 5 = 118; the third line claims 999
    told = reports(read(traps / "analytics_reports" / "groups.jsonl"))
    assert told[0] == "analytics usage report"
    assert told[2].endswith("total_tokens is not the sum of its parts")


def test_charged_is_after_discount_and_list_before_it(read: Read, traps: Path) -> None:
    row = next(cost_rows(read(traps / "analytics_reports" / "groups.jsonl")))
    assert (row.charged_pico, row.list_pico) == (10_625_000_000, 12_500_000_000)
    assert row.kind == "other"  # not grouped by type: a sum over everything


def test_the_older_analytics_reports_are_named_for_what_they_are(read: Read, traps: Path) -> None:
    outcomes = read(traps / "analytics_reports" / "legacy.jsonl")
    assert reports(outcomes) == [
        "legacy analytics usage report (top 100)", "legacy analytics cost report (top 100)",
    ]  # fmt: skip
    assert next(usage_rows(outcomes)).requests == 2
    assert next(cost_rows(outcomes)).list_pico == 2 * CENT


def test_estimates_of_claude_code_never_become_money(read: Read, traps: Path) -> None:
    for path in (
        traps / "claude_code_analytics" / "people.jsonl",
        SOURCES / "claude_code_analytics",
    ):
        for log in [path] if path.is_file() else sorted(path.iterdir()):
            assert not list(cost_rows(read(log)))


def test_people_of_claude_code_are_told_apart_and_subscriptions_named(
    read: Read, traps: Path
) -> None:
    outcomes = read(traps / "claude_code_analytics" / "people.jsonl")
    person, machine = usage_rows(outcomes)
    assert (person.actor, person.tier, person.tokens) == ("a@example.com", "subscription", Tokens())
    assert (machine.actor, machine.key, machine.tier) == ("ci-key", "ci-key", None)
    assert machine.tokens == Tokens(uncached=10, read=30, write_unsplit=40, output=20)
    assert machine.end_us - machine.start_us == DAY_US
    assert faults(outcomes) == {2: ("bad time", "data[0].date: not an ISO 8601 time")}


def test_the_sample_company_reports_the_tokens_of_its_invoices(read: Read) -> None:
    # both were made from one answer key: per model and token type they must agree
    tokens: Counter[tuple[str | None, str]] = Counter()
    september, october = 1_788_220_800_000_000, 1_790_812_800_000_000
    for row in usage_rows(read(VENDOR / "usage_report.json")):
        if september <= row.start_us < october:
            tokens.update({(row.model, name): getattr(row.tokens, name) for name in BUCKETS})
    lines = list(cost_rows(read(VENDOR / "invoice_2026-09.json")))
    billed = {(r.model, r.token_type): r.quantity for r in lines if r.token_type}
    assert billed == {cell: tokens[cell] for cell in billed}
    cost = [
        row.charged_pico
        for row in cost_rows(read(VENDOR / "cost_report.json"))
        if september <= row.start_us < october
    ]
    assert sum(cost) == sum(row.charged_pico for row in lines)


@pytest.mark.parametrize("name", ["invoice_2026-09.json", "invoice_2026-10.json"])
def test_an_invoice_sums_to_its_total(name: str, read: Read) -> None:
    total = sum(row.charged_pico for row in cost_rows(read(VENDOR / name)))
    assert total == Decimal(json.loads((VENDOR / name).read_text())["total_usd"]) * DOLLAR


def test_real_report_pages_are_read(reference_data: Path, read: Read) -> None:
    folder = reference_data / "log-samples" / "anthropic_admin_reports"
    (used,) = usage_rows(read(folder / "usage_report_messages.json"))
    assert used.tokens == Tokens(uncached=1500, read=200, write_5m=500, write_1h=1000, output=500)
    assert (used.web_searches, used.key) == (10, "apikey_01Rj2N8SVvo6BePZj99NhmiT")
    tokens, search = cost_rows(read(folder / "cost_report.json"))
    assert tokens.charged_pico == 1_237_891_200_000  # 123.78912 cents
    assert (search.kind, search.charged_pico) == ("web_search", 50 * CENT)
    (person,) = usage_rows(read(folder / "claude_code_analytics.json"))
    assert (person.model, person.tokens) == ("claude-opus-5-5", Tokens())


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda c: c.name)
def test_every_sample_and_trap_is_told_from_every_other_format(connector: Connector) -> None:
    folders = [ROOT / "sample_logs" / part / connector.name for part in ("sources", "traps")]
    paths = find_logs([str(folder) for folder in folders])
    assert paths
    assert {connector_for(LogFile(path)).name for path in paths} == {connector.name}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"data":[],"has_more":false,"next_page":null}', "admin_reports"),
        ('{"data":[{"id":"msg_1","type":"message"}],"has_more":false}', None),
        ('{"data":{"results":[]}}', None),
        ('{"results":[{"amount":"1"}],"starting_at":"a","ending_at":"b"}', "admin_reports"),
        ("usage_date_utc,model,usage_type,cost_usd\n2026-01-01,gpt,output,1\n", None),
    ],
)
def test_formats_that_only_look_alike_are_left_to_others(
    text: str, name: str | None, tmp_path: Path
) -> None:
    path = tmp_path / ("a.csv" if text.startswith("usage") else "a.json")
    path.write_text(text)
    head = LogFile(path).sniff()
    found = [connector.name for connector in CONNECTORS if connector.detect(head)]
    assert found == ([name] if name else [])


def test_pages_without_any_row_are_told_of(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"data":[],"has_more":false,"next_page":null}\n')
    assert reports(read(path)) == ["report page without rows"]
