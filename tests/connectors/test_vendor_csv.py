"""Console exports, FOCUS files and invoices."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analyzer.prompts import Hasher
from analyzer.trace import Aside, CostRow, Outcome, Rejected, Reported, UsageRow
from connectors.registry import LogFile, connector_for
from connectors.vendor.focus import billed_pico
from connectors.vendor.focus_sku import Sku, model_of, quantity_of, sku_of
from connectors.vendor.values import Part

SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
DOLLAR = 10**12
DAY_US = 86_400_000_000

Read = Callable[[Path], list[Outcome]]


def costs(outcomes: list[Outcome]) -> list[CostRow]:
    return [row for o in outcomes if isinstance(o, Reported) for row in o.cost]


def usages(outcomes: list[Outcome]) -> list[UsageRow]:
    return [row for o in outcomes if isinstance(o, Reported) for row in o.usage]


def faults(outcomes: list[Outcome]) -> dict[int, str]:
    return {o.line: f"{o.reason}: {o.detail}" for o in outcomes if isinstance(o, Rejected)}


def test_an_older_token_export_without_three_columns_is_read(read: Read, traps: Path) -> None:
    day, hour = usages(read(traps / "console_csv" / "older_tokens.csv"))
    assert (day.tier, day.key, day.workspace) == ("batch", "test key", "Default")
    assert (day.context_window, day.geo, day.speed) == (None, None, None)
    assert (day.tokens.uncached, day.tokens.output, day.web_searches) == (100, 50, None)
    assert day.end_us - day.start_us == DAY_US
    assert hour.start_us - day.start_us == 14 * 3_600_000_000
    assert hour.end_us - hour.start_us == 3_600_000_000


def test_token_rows_at_fault_name_their_column(read: Read, traps: Path) -> None:
    assert faults(read(traps / "console_csv" / "older_tokens.csv")) == {
        4: "bad count: usage_input_tokens_no_cache: counts are whole numbers from 0",
        5: "bad time: usage_date_utc: not an ISO 8601 time",
        6: "no counts: the row holds none of the token counts",
    }


def test_a_cost_export_is_in_dollars_with_list_beside_charge(read: Read, traps: Path) -> None:
    rows = costs(read(traps / "console_csv" / "cost.csv"))
    assert [(row.kind, row.token_type) for row in rows] == [
        ("tokens", "uncached"), ("tokens", "write_1h"), ("web_search", None),
    ]  # fmt: skip
    assert [row.charged_pico for row in rows] == [5 * 10**10, 10**7, 2 * 10**11]
    assert [row.list_pico for row in rows] == [5 * 10**10, 12_500_000, None]
    assert [row.tier for row in rows] == [None, "batch", None]  # "message" names no tier
    assert [row.context_window for row in rows] == ["0-200k", "200k-1M", None]
    assert rows[0].model == "Claude Haiku 4.5"


def test_cost_rows_at_fault_name_their_column(read: Read, traps: Path) -> None:
    assert faults(read(traps / "console_csv" / "cost.csv")) == {
        5: "bad amount: cost_usd: not a decimal number",
        6: "no amount: cost_usd: missing; the row tells of no money",
    }


def test_the_console_sample_charges_what_the_api_charges(read: Read) -> None:
    # worked out in test_vendor_reports: $0.105243 at list, 85 % of it charged
    rows = costs(read(SOURCES / "console_csv" / "claude_api_cost_2026_09.csv"))
    assert sum(row.list_pico or 0 for row in rows) == 105_243 * 10**6
    assert sum(row.charged_pico for row in rows) == 8_945_655 * 10**4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USE1-MP:USE1_InputTokenCount-Units",
         Sku("tokens", "uncached", "standard", units=True)),
        ("EUW2-MP:EUW2_OutputTokenCount_Global_Batch-Units",
         Sku("tokens", "output", "batch", geo="global", units=True)),
        ("USE1-MP:USE1_CacheReadInputTokenCount_Global_LCtx-Units",
         Sku("tokens", "read", "standard", None, "global", "200k-1M", units=True)),
        ("USE1-MP:USE1_CacheWriteInputTokenCount_Batch_LCtx-Units",
         Sku("tokens", "write_5m", "batch", None, None, "200k-1M", units=True)),
        ("USE1-MP:USE1_CacheWrite1hInputTokenCount-Units",
         Sku("tokens", "write_1h", "standard", units=True)),
        ("MP:USW2_cache_write_tokens_1h_global_standard-Units",
         Sku("tokens", "write_1h", "standard", None, "global", units=True)),
        ("USE1-MP:USE1_input_tokens_long_ctx_flex-Units",
         Sku("tokens", "uncached", "flex", None, None, "200k-1M", units=True)),
        ("USE1-MP:USE1_InputTokenCount_LatencyOptimized-Units",
         Sku("tokens", "uncached", "standard", "optimized", units=True)),
        ("USE1-Claude4-Sonnet-cache-read-input-token-count", Sku("tokens", "read")),
        ("Claude Opus 5.5 Output tokens, batch", Sku("tokens", "output", "batch")),
        ("Cache write tokens", Sku("tokens", "write_unsplit")),
        ("Cache write tokens, 5m", Sku("tokens", "write_5m")),
        ("Cached input tokens", Sku("tokens", "read")),
        ("Web search requests", Sku("web_search")),
        ("Code execution hours", Sku("code_execution")),
        ("ProvisionedThroughput_1MonthCommit_ModelUnits", Sku()),
        ("Monthly usage charge", Sku()),
    ],
)  # fmt: skip
def test_a_sku_tells_token_type_tier_geography_and_context(text: str, expected: Sku) -> None:
    assert sku_of([text]) == expected


def test_the_first_text_that_names_a_thing_billed_decides() -> None:
    assert sku_of(["U-123", "Output tokens", "Input tokens"]) == Sku("tokens", "output")


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Claude Sonnet 4.6 (Amazon Bedrock Edition)", "Claude Sonnet 4.6"),
        ("Claude 3.5 Haiku (Amazon Bedrock Edition)", "Claude 3.5 Haiku"),
        ("anthropic.claude-opus-5-5-v1:0 input", "claude-opus-5-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"),
        ("Claude commitment", None),
        ("Amazon Bedrock", None),
    ],
)
def test_a_model_is_named_as_the_line_writes_it(text: str, model: str | None) -> None:
    assert model_of([text]) == model


@pytest.mark.parametrize(
    ("amount", "unit", "units", "expected"),
    [
        ("0.000133", "Units", True, 133),  # a Marketplace unit is a million tokens
        ("0.000133", "Units", False, None),  # elsewhere nobody says what a unit is
        ("12.5", "1K tokens", False, 12_500),
        ("2", "1M Tokens", False, 2_000_000),
        ("7", "Tokens", False, 7),
        ("0.0000074999999999", "Units", True, None),
        ("41.9999999999", "Tokens", False, 42),
        ("-3", "Tokens", False, None),
        ("1e30", "Tokens", False, None),
    ],
)
def test_a_quantity_is_whole_tokens_or_unknown(
    *, amount: str, unit: str, units: bool, expected: int | None
) -> None:
    sku = Sku("tokens", "output", units=units)
    assert quantity_of(Decimal(amount), unit, sku) == expected


def test_the_focus_sample_tells_every_token_and_leaves_the_other_service_out(read: Read) -> None:
    outcomes = read(SOURCES / "focus" / "claude_2026-09.csv")
    rows = costs(outcomes)
    truth = json.loads((SOURCES / "TRUTH.json").read_text())
    for token_type in ("uncached", "read", "write_5m", "write_1h", "output"):
        billed = sum(r.quantity or 0 for r in rows if r.token_type == token_type)
        assert billed == sum(call[token_type] for call in truth)
    # list of the tokens: $0.105243 less 2 searches at $0.02, less the correction of $0.0005
    assert sum(row.list_pico or 0 for row in rows) == (105_243 - 20_000 - 500) * 10**6
    assert [row.kind for row in rows[-3:]] == ["tax", "credit", "other"]
    assert [row.correction for row in rows] == [False] * 13 + [True]
    assert {row.invoice for row in rows} == {"synthetic-aws-2026-09"}
    assert [o for o in outcomes if isinstance(o, Aside)] == [Aside(16, "charge of another service")]


def test_dressed_amounts_dates_and_currencies_are_read(read: Read, traps: Path) -> None:
    purchase, correction, noise = costs(read(traps / "focus" / "dressed.csv"))
    assert (purchase.kind, purchase.charged_pico) == ("purchase", 10_000 * DOLLAR)
    assert purchase.end_us - purchase.start_us == 365 * DAY_US  # 1 April 2026 to 1 April 2027
    assert (correction.correction, correction.currency) == (True, "EUR")
    assert (correction.list_pico, correction.tier) == (None, "batch")
    assert (correction.token_type, correction.context_window) == ("output", "200k-1M")
    # 1.5000000000000001e-05 is a float's noise around $0.000015
    assert (noise.charged_pico, noise.model) == (15_000_000, "claude-opus-5-5")


def test_focus_lines_at_fault_name_their_column(read: Read, traps: Path) -> None:
    assert faults(read(traps / "focus" / "dressed.csv")) == {
        4: "bad time: ChargePeriodStart: day and month cannot be told apart; write ISO 8601",
        7: "bad amount: BilledCost: not a decimal number",
        8: "no amount: BilledCost: missing; the row tells of no money",
    }


def test_names_that_customers_give_do_not_make_a_charge_claudes(read: Read, traps: Path) -> None:
    asides = [o for o in read(traps / "focus" / "dressed.csv") if isinstance(o, Aside)]
    assert [aside.line for aside in asides] == [6]  # a machine with the tag "claude"


def test_a_parquet_export_gives_the_same_rows_as_its_csv(read: Read, tmp_path: Path) -> None:
    source = SOURCES / "focus" / "claude_2026-09.csv"
    rows = list(csv.DictReader(source.read_text().splitlines()))
    table = pa.table(
        {
            **{name: [row[name] or None for row in rows] for name in rows[0]},
            "BilledCost": [float(row["BilledCost"]) for row in rows],
            "ListCost": [Decimal(row["ListCost"]) for row in rows],
            **{
                name: [datetime.fromisoformat(row[name]).astimezone(UTC) for row in rows]
                for name in ("ChargePeriodStart", "ChargePeriodEnd")
            },
            "Tags": pa.array(
                [[("note", "canary-zebra")] for _ in rows], pa.map_("string", "string")
            ),
        }
    )
    path = tmp_path / "focus.parquet"
    pq.write_table(table, path)
    assert costs(read(path)) == costs(read(source))


def test_an_invoice_adds_up_or_is_refused(read: Read, traps: Path) -> None:
    outcomes = read(traps / "invoice" / "invoices.jsonl")
    rows = costs(outcomes)
    # 20 + 0.02 - 3 - 0.50 + 1.50 = 18.02
    assert sum(row.charged_pico for row in rows) == 1_802 * DOLLAR // 100
    assert [row.kind for row in rows] == ["tokens", "web_search", "other", "credit", "tax"]
    assert rows[0].end_us - rows[0].start_us == 31 * DAY_US  # December, into the next year
    assert set(faults(outcomes)) == {2, 3, 4, 5, 6}
    assert faults(outcomes)[2] == "does not add up: total_usd: not lines - discount - credit + tax"


def test_billed_cost_of_the_specs_own_files_sums_to_theirs(reference_data: Path) -> None:
    """Of all 22 files, against a sum that knows nothing of the connector."""
    paths = sorted((reference_data / "log-samples" / "focus").glob("*.csv"))
    assert len(paths) == 22
    for path in paths:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        theirs = sum(Decimal(row["BilledCost"].strip(" $").replace(",", "")) for row in rows)
        assert sum(billed_pico(Part(dict(row))) for row in rows) == theirs * DOLLAR, path.name


def test_lines_of_the_specs_own_files_are_all_told_of(reference_data: Path) -> None:
    totals = {"charges": 0, "others": 0, "faults": 0}
    for path in sorted((reference_data / "log-samples" / "focus").glob("*.csv")):
        log = LogFile(path)
        outcomes = list(connector_for(log).read(log, Hasher(b"k")))
        assert len(outcomes) == log.lines_read
        totals["charges"] += len(costs(outcomes))
        totals["others"] += sum(isinstance(o, Aside) for o in outcomes)
        totals["faults"] += len(faults(outcomes))
    # two lines of the commitment examples end at T30:00:00Z, which is no time
    assert totals == {"charges": 12, "others": 56, "faults": 2}


def test_a_real_console_export_is_read(reference_data: Path, read: Read) -> None:
    folder = reference_data / "log-samples" / "anthropic_console_csv"
    rows = usages(read(folder / "claude_api_tokens.csv"))
    assert sum(row.tokens.uncached or 0 for row in rows) == 350_000
    assert sum(row.tokens.output or 0 for row in rows) == 17_000
    assert {row.context_window for row in rows} == {"0-200k"}
