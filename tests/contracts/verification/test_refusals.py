"""What contradicts itself is refused with the field and the rule."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analyzer.contracts.logged import Span, whole_days
from analyzer.contracts.verification import Asked, compare, load_measures
from analyzer.contracts.verification.measures import Deployment
from analyzer.errors import ContractError
from analyzer.policy import Match, Policy, WorkloadRule
from analyzer.trace import Call
from tests.contracts.verification.worked_months import (
    MEASURES,
    OCTOBER,
    TENTH,
    USD,
    after,
    before,
    book,
    frozen,
    store_of,
    verified,
)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"span": whole_days("2026-08-15..2026-09-15")}, "overlaps the baseline, which ends on"),
        ({"span": whole_days("2026-11")}, "the log has calls from .* to 2026-10-31 only"),
        (
            {"policy": Policy(workloads=(WorkloadRule("x", Match(app="x")),))},
            "other rules name workloads",
        ),
        (
            {
                "measures": replace(
                    MEASURES,
                    deployments=(
                        Deployment("chat", "batch", date(2026, 8, 30), date(2026, 9, 2)),
                    ),
                )
            },
            "deployment of batch in chat: started on 2026-08-30, within",
        ),
        (
            {"measures": replace(MEASURES, own=((Span(date(2026, 9, 9), OCTOBER.last_day),
                                                 Fraction(1)),))},
            "own_cost of 2026-09-09 to 2026-10-31: lies only partly in",
        ),
    ],
)  # fmt: skip
def test_a_comparison_that_contradicts_itself_is_refused(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        verified(**asked)


def test_a_baseline_whose_data_changed_is_refused_by_its_day() -> None:
    sold = book()
    with store_of([*before(), *after()]) as store:
        found = frozen(store, sold)
    late = before()[3]
    late = Call(**{n: getattr(late, n) for n in Call.__struct_fields__} | {"message_id": "late"})
    with (
        store_of([*before(), *after(), late]) as store,
        pytest.raises(ContractError, match=r"its data changed: calls of 2026-08-06: frozen as"),
    ):
        compare(store, sold, *found, Asked(OCTOBER))


def test_a_store_without_the_baselines_days_says_that_it_was_not_checked() -> None:
    sold = book()
    with store_of(before()) as store:
        found = frozen(store, sold)
    with store_of(after()) as store:
        told = compare(store, sold, *found, Asked(OCTOBER, measures=MEASURES, contract=TENTH))
    assert told.avoided == 15_795 * USD
    assert any("was not checked again" in note for note in told.notes)


def test_a_baseline_of_another_method_is_refused() -> None:
    sold = book()
    with store_of([*before(), *after()]) as store:
        found, sha256 = frozen(store, sold)
        other = replace(found, manifest=replace(found.manifest, method="0.9.0"))
        with pytest.raises(ContractError, match=r"method: frozen by 0\.9\.0"):
            compare(store, sold, other, sha256, Asked(OCTOBER))


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-01T00:00", "2026-10-01T00:00:00+02:00..2026-10-31", "2026-10-01Z", "2026-13",
        "2026-10-01+02:00..2026-10-31", "\uff12026-10",
        "2026-10-31..2026-10-01", "2026-02-30", "october", "", "0000-01", "2026-10-01..",
    ],
)  # fmt: skip
def test_periods_are_whole_utc_days(text: str) -> None:
    with pytest.raises(ContractError, match="give a month such as"):
        whole_days(text)


def test_periods_are_read() -> None:
    assert whole_days("2026-02") == Span(date(2026, 2, 1), date(2026, 2, 28))
    assert whole_days("2026-10-05") == Span(date(2026, 10, 5), date(2026, 10, 5))
    assert whole_days("2026-08-03..2026-08-30").count == 28


Write = Callable[[str], Path]
PAIRED = b"call,ratio\n"
HASH = hashlib.sha256(PAIRED).hexdigest()
WHOLE = f"""
version = 1
currency = "USD"

[[deployment]]
workload = "chat"
lever = "routing"
started = 2026-09-01
completed = 2026-09-14

[[routing]]
workload = "chat"
actual = "claude-mid"
baseline = "claude-big"
input_ratio = 1
output_ratio = "1.25"
uncertainty = 0.03
calls = 68
evidence = "paired.csv"
sha256 = "{HASH}"

[[output]]
workload = "chat"
ratio = 1.1
uncertainty = 0.02
calls = 68
evidence = "paired.csv"
sha256 = "{HASH}"

[[quality]]
workload = "chat"
lever = "routing"
first_day = 2026-10-01
last_day = 2026-10-31
lower_bound = -0.01
margin = 0.02
evidence = "paired.csv"
sha256 = "{HASH}"

[[own_cost]]
first_day = 2026-10-01
last_day = 2026-10-31
amount = "2000.00"
what = "gateway"
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / "paired.csv").write_bytes(PAIRED)

    def written(text: str) -> Path:
        path = tmp_path / "measures.toml"
        path.write_text(text)
        return path

    return written


def test_a_file_of_measures_is_read(write: Write) -> None:
    found = load_measures(write(WHOLE))
    assert found.routing[0].out == Fraction(5, 4)
    assert (found.routing[0].grade, found.output[0].out) == ("E3", Fraction(11, 10))
    assert found.live_since("chat", "routing", date.min) == date(2026, 9, 14)
    assert found.live_since("chat", "batch", date.min) == date.min
    assert found.quality("chat", "routing", OCTOBER) == "held"
    assert found.quality("chat", "output", OCTOBER) == "not measured"
    assert found.quality("chat", "caching", OCTOBER) == "not needed"
    assert found.own_cost(OCTOBER) == 2_000 * USD
    assert found.own_cost(whole_days("2026-09")) == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"USD"', '"EUR"', "currency: EUR is not allowed"),
        ("completed = 2026-09-14", "completed = 2026-08-14", r"completed: 2026-08-14 is before"),
        ("started = 2026-09-01", "started = 2026-09-01T00:00:00+02:00", r"deployment\[0\].started"),
        ("input_ratio = 1", "input_ratio = 0", r"routing\[0\].input_ratio"),
        ("uncertainty = 0.03", "uncertainty = -0.03", r"routing\[0\].uncertainty"),
        ("calls = 68", "calls = 0", "calls"),
        ("paired.csv", "other.csv", "cannot be read"),
        ("paired.csv", "../paired.csv", "not beside the measures"),
        (HASH, "0" * 64, "is not what was entered"),
        (HASH, "x", "sha256"),
        ("margin = 0.02", "margin = 0.02\nmore = 1", "unknown key"),
        ("-0.01", '"a"', "lower_bound"),
    ],
)
def test_a_fault_of_the_file_is_named(write: Write, old: str, new: str, words: str) -> None:
    assert old in WHOLE
    with pytest.raises(ContractError, match=words):
        load_measures(write(WHOLE.replace(old, new, 1)))


def test_a_ratio_that_stands_twice_is_refused(write: Write) -> None:
    twice = WHOLE + WHOLE[WHOLE.index("[[routing]]") : WHOLE.index("[[output]]")]
    with pytest.raises(ContractError, match="stands twice, give one ratio"):
        load_measures(write(twice))


def test_a_quality_gate_below_its_margin_failed(write: Write) -> None:
    found = load_measures(write(WHOLE.replace("-0.01", "-0.03")))
    assert found.quality("chat", "routing", OCTOBER) == "failed"
