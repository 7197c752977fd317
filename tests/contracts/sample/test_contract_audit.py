"""The contract's sample worked anew by an auditor: raw lines, list prices, the parties' papers.

Written from the rules of the method alone; nothing of the project's contracts is used but what is
judged. Every call is priced by hand, under the baseline's settings and as it was sent.
"""

import gzip
import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import cli

FOLDER = Path(__file__).parents[3] / "sample_logs" / "contract"
LEVERS = ("output", "routing", "batch", "caching")
OPUS, SONNET = "claude-opus-4-8", "claude-sonnet-5"
USD_A_MTOK = {
    OPUS: ("5", "0.5", "6.25", "25"),
    SONNET: ("2", "0.2", "2.5", "10"),
}
"""Uncached, read, written for five minutes, output; a batch costs half."""
BEFORE = {
    "desk-assistant": SONNET,
    "customs-forms": OPUS,
    "carrier-mail": OPUS,
    "daily-brief": OPUS,
}
"""One model each in the baseline; live, nothing cached."""
CENT = Fraction(1, 100)
Told = dict[str, Any]


@dataclass(frozen=True)
class Call:
    workload: str
    day: date
    model: str
    batch: bool
    uncached: Fraction
    read: Fraction
    written: Fraction
    output: Fraction

    @property
    def usd(self) -> Fraction:
        counts = (self.uncached, self.read, self.written, self.output)
        rates = USD_A_MTOK[self.model]
        full = sum((n * Fraction(usd) for n, usd in zip(counts, rates, strict=True)), Fraction(0))
        return full / 10**6 / (2 if self.batch else 1)


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return [
        _call(json.loads(line))
        for path in sorted((FOLDER / "logs").glob("*.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def _call(line: Told) -> Call:
    used = line["response"]["usage"]
    return Call(
        line["workload"],
        datetime.fromtimestamp(line["t_start_ns"] / 10**9, UTC).date(),
        line["request"]["model"],
        used["service_tier"] == "batch",
        Fraction(used["input_tokens"]),
        Fraction(used["cache_read_input_tokens"]),
        Fraction(used["cache_creation"]["ephemeral_5m_input_tokens"]),
        Fraction(used["output_tokens"]),
    )


@pytest.fixture(scope="module")
def papers() -> Told:
    return {
        name: tomllib.loads((FOLDER / f"{name}.toml").read_text())
        for name in ("measures", "register", "terms")
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What the demo's page says, in dollars."""
    out = tmp_path_factory.mktemp("contract")
    store, page = out / "c.duckdb", out / "gainshare.html"
    vendor = FOLDER / "vendor"
    _run(
        "ingest", FOLDER / "logs", *sorted(vendor.glob("*.json*")), "--store", store,
        expected=None,
    )  # fmt: skip
    frozen = out / "baseline.json"
    _run("baseline", "freeze", "--store", store, "--period", "2026-07-06..2026-08-30", "-o", frozen)
    for party in ("client", "consultant"):
        _run("baseline", "sign", frozen, "--key", _key(out, party), "--signer", party)
    files = [
        word for name in ("measures", "register", "terms")
        for word in (f"--{name}", FOLDER / f"{name}.toml")
    ]  # fmt: skip
    _run(
        "report", "gainshare", "--baseline", frozen, "--store", store, "--period", "2026-09",
        "--period", "2026-10", *files, "-o", page,
    )  # fmt: skip
    found: Told = json.loads(page.with_suffix(".json").read_text())
    return found


def _run(*words: object, expected: int | None = 0) -> None:
    done = CliRunner().invoke(cli, [*map(str, words)], catch_exceptions=False)
    assert expected is None or done.exit_code == expected, done.output


def _key(folder: Path, party: str) -> Path:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(party.ljust(32).encode())
    path = folder / f"{party}.pem"
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def _of_month(calls: list[Call], month: int, papers: Told) -> list[Call]:
    """A month's calls without those of a rollout."""
    rollouts = papers["measures"]["deployment"]
    return [
        one
        for one in calls
        if one.day.month == month
        and not any(
            one.workload == r["workload"] and r["started"] <= one.day <= r["completed"]
            for r in rollouts
        )
    ]


def _lengths(papers: Told) -> Callable[[Call], Fraction]:
    """Output of the baseline for one token of today's, by the paired samples' ratios."""
    measures = papers["measures"]
    live = {r["workload"]: r["completed"] for r in measures["deployment"] if r["lever"] == "output"}

    def length(call: Call) -> Fraction:
        for one in measures["output"]:
            if one["workload"] == call.workload and call.day > live[call.workload]:
                return Fraction(one["ratio"])
        return Fraction(1)

    return length


def _states(call: Call, papers: Told) -> Iterator[Call]:
    """The call as the baseline would have sent it, then with one more lever as it came."""
    if call.workload not in BEFORE:
        yield from [call] * 5
        return
    prompt = call.uncached + call.read + call.written
    (routing,) = papers["measures"]["routing"]
    back = call.model != BEFORE[call.workload]
    assert not back or call.workload == routing["workload"]
    plain = replace(call, uncached=prompt, read=Fraction(0), written=Fraction(0), batch=False)
    longer = Fraction(routing["output_ratio"]) if back else Fraction(1)
    moved = replace(
        plain,
        model=BEFORE[call.workload],
        uncached=prompt * Fraction(routing["input_ratio"] if back else 1),
        output=call.output * longer,
    )
    yield replace(moved, output=moved.output * _lengths(papers)(call))
    yield moved
    yield plain
    yield replace(plain, batch=call.batch)
    yield call


def _saved(calls: list[Call], papers: Told) -> dict[tuple[str, str], Fraction]:
    """Avoided by workload and lever, in the order of record."""
    found: dict[tuple[str, str], Fraction] = {}
    for call in calls:
        costs = [state.usd for state in _states(call, papers)]
        for lever, before, after in zip(LEVERS, costs[:-1], costs[1:], strict=True):
            key = (call.workload, lever)
            found[key] = found.get(key, Fraction(0)) + before - after
    return {key: usd for key, usd in found.items() if usd}


def _unlogged(month: int) -> Fraction:
    rows = map(json.loads, (FOLDER / "vendor" / "not_in_logs.jsonl").read_text().splitlines())
    return sum(
        (
            Call(
                "", date.fromisoformat(row["day"]), row["model"], row["service_tier"] == "batch",
                Fraction(row["uncached_input_tokens"]), Fraction(row["cache_read_input_tokens"]),
                Fraction(0), Fraction(row["output_tokens"]),
            ).usd
            for row in rows
            if int(row["day"][5:7]) == month
        ),
        Fraction(0),
    )  # fmt: skip


BOTH_SIDES = {"test_load"}


def _entries(month: int, papers: Told) -> tuple[Fraction, Fraction]:
    """What signed entries add to the adjusted baseline and to the actual bill."""
    register = papers["register"]
    baseline = actual = Fraction(0)
    for one in register["adjustment"]:
        if one["first_day"].month == month and set(one["signed_by"]) == set(register["parties"]):
            baseline += Fraction(one["amount"])
            actual += Fraction(one["amount"]) if one["trigger"] in BOTH_SIDES else 0
    return baseline, actual


def _sides(month: int, calls: list[Call], papers: Told) -> tuple[Fraction, Fraction]:
    """Adjusted baseline and actual bill."""
    own = _of_month(calls, month, papers)
    billed = sum((one.usd for one in own), Fraction(0)) + _unlogged(month)
    entered = _entries(month, papers)
    avoided = sum(_saved(own, papers).values(), Fraction(0))
    return billed + avoided + entered[0], billed + entered[1]


@pytest.mark.parametrize("place", [0, 1])
def test_both_sides_and_every_lever_are_what_the_auditor_works_out(
    place: int, calls: list[Call], papers: Told, told: Told
) -> None:
    period, month = told["periods"][place], 9 + place
    adjusted, actual = _sides(month, calls, papers)
    assert _usd(period["actual"]) == actual
    assert _usd(period["adjusted"]) == adjusted
    own = _saved(_of_month(calls, month, papers), papers)
    rows = {(one["workload"], one["source"]): _usd(one["avoided"]) for one in period["saved"]}
    entered = _entries(month, papers)
    if entered[0] != entered[1]:
        own["signed adjustments", "adjustment"] = entered[0] - entered[1]
    assert rows == own
    by_lever = {one["lever"]: _usd(one["in_order"]) for one in period["levers"]}
    assert by_lever == {
        lever: sum((usd for (_, name), usd in own.items() if name == lever), Fraction(0))
        for lever in LEVERS
    }
    assert sum((_usd(one["fair_share"]) for one in period["levers"]), Fraction(0)) == sum(
        by_lever.values()
    )


def test_the_fee_is_the_auditors_to_the_cent(calls: list[Call], papers: Told, told: Told) -> None:
    terms = papers["terms"]
    tier, rest = terms["tier"]
    net_sum = adjusted_sum = paid = Fraction(0)
    for month, statement in zip((9, 10), told["statements"], strict=True):
        adjusted, actual = _sides(month, calls, papers)
        failed = _failed(month, calls, papers)
        own = sum(
            (Fraction(one["amount"]) for one in papers["measures"]["own_cost"]
             if one["first_day"].month == month), Fraction(0),
        )  # fmt: skip
        net = adjusted - actual - failed - own
        net_sum, adjusted_sum = net_sum + net, adjusted_sum + adjusted
        hurdle = Fraction(str(terms["hurdle"])) * adjusted_sum
        eligible = max(Fraction(0), net_sum - hurdle)
        first = Fraction(str(tier["share"])) * min(eligible, tier["up_to"])
        second = Fraction(str(rest["share"])) * max(0, eligible - tier["up_to"])
        fee = round(min(first + second, net_sum, Fraction(terms["cap"])) / CENT) * CENT
        lines = {one["name"]: _usd(one["value"]) for one in statement["lines"]}
        expected = {
            "adjusted baseline": adjusted, "actual bill": actual,
            "avoided cost": adjusted - actual, "past their life": 0, "without quality": failed,
            "own cost": own, "net savings": net, "cumulated net savings": net_sum,
            "cumulated adjusted baseline": adjusted_sum, "allowance": 0, "hurdle": hurdle,
            "eligible savings": eligible, "tier 1": first, "tier 2": second,
            "fee by tiers": first + second, "floor": 0, "share cap": net_sum,
            "cap": Fraction(terms["cap"]), "cumulated fee": fee, "paid before": paid,
            "due": fee - paid,
        }  # fmt: skip
        assert lines == expected
        paid = fee
    assert [_usd(one["due"]) for one in told["statements"]] == [
        Fraction("12.85"), Fraction("18.57"),
    ]  # fmt: skip


def test_what_was_truly_avoided_lies_within_what_the_page_allows_for(told: Told) -> None:
    key = json.loads((FOLDER / "TRUTH.json").read_text())
    for period in told["periods"]:
        steps = key["months"][period["first_day"][:7]].values()
        truth = sum(_usd(one["baseline"]) - _usd(one["actual"]) for one in steps)
        # The register's entry takes out what the ratio overstates after the client's own change.
        found = _usd(period["avoided"])
        assert abs(found - truth) <= 2 * _usd(period["uncertainty"])
        exact = sum(_usd(one["after_routing"]) - _usd(one["actual"]) for one in steps)
        by_lever = {one["lever"]: _usd(one["in_order"]) for one in period["levers"]}
        assert by_lever["batch"] + by_lever["caching"] == exact


def test_rollouts_are_on_neither_side(told: Told) -> None:
    key = json.loads((FOLDER / "TRUTH.json").read_text())["rollouts"]
    for period in told["periods"]:
        assert _usd(period["blackout"]) == _usd(key[period["first_day"][:7]]) > 0


def _failed(month: int, calls: list[Call], papers: Told) -> Fraction:
    """Gains of routing and output without a gate that held over the month."""
    held = {
        (one["workload"], one["lever"])
        for one in papers["measures"]["quality"]
        if one["first_day"].month == month
        and Fraction(one["lower_bound"]) >= -Fraction(one["margin"])
    }
    saved = _saved(_of_month(calls, month, papers), papers)
    return sum(
        (usd for key, usd in saved.items()
         if key[1] in ("output", "routing") and key not in held and usd > 0), Fraction(0),
    )  # fmt: skip


def _usd(text: str) -> Fraction:
    return Fraction(text)
