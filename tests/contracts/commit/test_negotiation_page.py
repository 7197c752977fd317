"""The negotiation page: it foots, every curve has its table, the vendor's copy keeps quiet."""

import json
import re
import sys
from dataclasses import replace
from datetime import date
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import reports.negotiation.page as page_module
from analyzer.cli import main
from analyzer.cli.commit import load_offers
from analyzer.cli.question import read_policy
from analyzer.contracts.commit import registers
from analyzer.contracts.commit.copies import vendor_copy
from analyzer.contracts.commit.grounds import BIRTHS, GROWTH, UNCOMMITTED
from analyzer.contracts.commit.registers import CASE_OF, backed, weighed
from analyzer.contracts.commit.sizing import Drawing, negotiate
from analyzer.contracts.owners import Owner, Owners
from analyzer.ingest import ingest
from analyzer.reconciled import Match, Reconciliation, Verdict
from analyzer.results.commit import Negotiation
from analyzer.results.register import Adjustment
from analyzer.savings import Question
from analyzer.store import Store
from reports.negotiation import as_json, render
from reports.negotiation.money import money_of
from reports.negotiation.need import ladder_of
from reports.numbers import exact_usd

SAMPLES = Path(__file__).parents[3] / "sample_logs"
PATHS = 300
CENT = 10**10
OWNERS = Owners(
    "cd" * 32,
    (Owner("Finance, planning", "outlook", None, None, None, date(2026, 10, 1)),),
)


class Tables(HTMLParser):
    """Every table of a page as rows of (text, exact dollars)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, str | None]]]] = []
        self.amounts: list[tuple[str, str]] = []
        self._usd: str | None = None
        self._open: str | None = None
        self._cell: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables:
            self._open, self._cell, self._usd = tag, [], given.get("data-usd")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self.tables[-1][-1].append(("".join(self._cell).strip(), self._usd))
            self._open = None


def printed(text: str) -> int:
    """Cents of a printed amount."""
    return round(float(re.sub(r"[^0-9.]", "", text)) * 100) * (-1 if "\u2212" in text else 1)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample captures."""
    path = tmp_path_factory.mktemp("talks") / "s.duckdb"
    with Store.open(path, create=True) as opened:
        ingest([str(SAMPLES / "captures"), str(SAMPLES / "claude_code")], opened)
    return path


def sized(store: Path, seed: int = 1) -> Negotiation:
    question = Question(read_policy(SAMPLES / "policy.toml"), title="A <b>bold</b> firm")
    with Store.open(store) as opened:
        return negotiate(
            opened, load_offers(SAMPLES / "offers.toml"), question, Drawing(PATHS, seed)
        )


@pytest.fixture(scope="module")
def found(sample: Path) -> Negotiation:
    return sized(sample)


@pytest.fixture(scope="module")
def own(found: Negotiation) -> str:
    return render(found)


@pytest.fixture(scope="module")
def theirs(found: Negotiation) -> str:
    return render(vendor_copy(found))


def test_the_same_seed_gives_the_same_bytes(sample: Path, found: Negotiation, own: str) -> None:
    again = sized(sample)
    assert (render(again), as_json(again)) == (own, as_json(found))


def test_printed_columns_foot(own: str) -> None:
    sums = 0
    for table in Tables(own).tables:
        if not re.match("All |Term$", table[-1][0][0]):
            continue
        for place in range(1, len(table[-1])):
            parts = [printed(row[place][0]) for row in table[1:-1]]
            assert sum(parts) == printed(table[-1][place][0])
            sums += 1
    assert sums >= 2 + 4  # weeks, workloads, and two levers under at least two commits


def test_weeks_and_workloads_hold_the_same_bill(found: Negotiation) -> None:
    assert sum(one.usd for one in found.weeks) == sum(one.usd for one in found.workloads)
    # the steps of the sample: batch halves the digests, and caching is named by the file
    digest = next(one for one in found.workloads if one.name == "nightly-digest")
    assert [(step.lever, step.grade) for step in found.steps] == [
        ("batch", "E4"),
        ("caching", "E5"),
    ]
    assert found.steps[0].saved_usd * 2 == digest.usd


def test_every_curve_has_a_table_twin(own: str, theirs: str) -> None:
    for page in (own, theirs):
        figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
        drawn = [figure for figure in figures if "data-fig=" in figure]
        assert drawn
        assert all("<details open" in figure and "<table" in figure for figure in drawn)
        ids = re.findall(r'data-fig="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert all(f'<script type="application/json" id="{name}">' in page for name in ids)


def test_the_curve_and_its_table_hold_the_same_candidates(found: Negotiation, own: str) -> None:
    best = found.best
    assert best
    assert best.sizing
    figure = json.loads(re.findall(r'id="fig-curve">(.*?)</script>', own, re.DOTALL)[0])
    expected = next(trace for trace in figure["data"] if trace.get("name") == "expected")
    commits = sorted((one.commit_usd, one.cost.cents) for one in best.sizing.curve)
    assert len(expected["x"]) == len(commits)
    assert [round(y * 100) for y in expected["y"]] == [cents for _, cents in commits]


def test_the_page_answers_first_and_names_what_is_assumed(found: Negotiation, own: str) -> None:
    assert found.recommended == "one-year"
    claim = re.findall(r'<h1 class="claim">(.*?)</h1>', own, re.DOTALL)[0]
    assert "Commit to" in claim
    assert "$500.00" in claim
    for words in ("Walk away", "Term valuation", "Optimise first", "Assumptions register",
                  "load-duration", "List prices fall by 33", "moves the cost most",
                  "no published price of any vendor"):  # fmt: skip
        assert words in own
    assert "<b>bold</b>" not in own
    assert "&lt;b&gt;bold&lt;/b&gt; firm" in own


def test_the_vendors_copy_lacks_what_weakens_the_buyer(found: Negotiation, theirs: str) -> None:
    twin = as_json(vendor_copy(found))
    for words in ("Walk away", "walk away", "Worth", "Term valuation", "CVaR", "Optimise first",
                  "moves the cost most", "fig-curve", "Largest accepted chance"):  # fmt: skip
        assert words not in theirs
    best = found.best
    assert best
    assert best.sizing
    hidden = [
        best.sizing.chosen.cost.cents,
        best.sizing.uncommitted.cost.cents,
        *(clause.worth.cents for clause in best.sizing.clauses),
    ]
    numbers = set(re.findall(r"(?<![\d.])\d+(?![\d.])", twin))
    assert not {str(cents) for cents in hidden} & numbers
    for key in ("walk_away", "clauses_worth", "least_discount", "value_of_waiting", "cvar95_cents"):
        assert key not in twin
    told = json.loads(twin)
    assert all(offer["sizing"] is None for offer in told["offers"] + told["rates"])
    assert [offer["offered"]["id"] for offer in told["offers"]] == [found.recommended]
    asks = [ask["words"] for ask in told["asks"]]
    assert asks == sorted(asks)
    assert all(ask["worth"] is None for ask in told["asks"])
    assert {ask.words for ask in found.asks} == set(asks)


def test_the_vendors_copy_names_no_owner_and_no_adjustment(found: Negotiation) -> None:
    theirs = vendor_copy(backed(found, None, OWNERS))
    told = as_json(theirs)
    assert "Finance" not in told + render(theirs)
    assert "adjustments register" not in render(theirs).lower()
    assert all(one.sensitivity is None and not one.moved for one in theirs.assumptions)
    assert theirs.rule == ""
    hidden = [one.sensitivity for one in found.assumptions if one.sensitivity is not None]
    assert hidden
    assert not {exact_usd(one) for one in hidden} & set(re.findall(r"[\d.]+", told))


def test_each_assumption_is_worth_what_the_tornado_says(found: Negotiation) -> None:
    cases = {one.what: (one.low_cents, one.high_cents) for one in found.sensitivity}
    rows = {one.statement: one for one in found.assumptions}
    for statement, what in CASE_OF.items():
        worth = rows[statement].sensitivity
        assert worth is not None
        cents = worth / CENT
        assert cents in cases[what]
        assert abs(cents) == max(map(abs, cases[what]))
    best = found.best
    assert best
    assert best.sizing
    cash = {
        (one.lever, one.workload): one.total.cents
        for one in best.sizing.levers
        if one.commit_usd == best.commit_usd
    }
    steps = [one for one in found.assumptions if one.subject.topic == "lever"]
    assert len(steps) == len(found.steps) > 0
    for one in steps:
        assert one.subject.lever
        assert one.sensitivity == cash[one.subject.lever, one.subject.workload] * CENT
    # one point off all use at list, whose cost without a commit and without a discount is the need
    none = best.sizing.uncommitted.cost.cents
    assert rows[UNCOMMITTED].sensitivity == -Fraction(none, 100) * CENT
    assert all(one.moved for one in found.assumptions)


def test_without_a_recommendation_nothing_is_said_to_move(found: Negotiation) -> None:
    bare = weighed(replace(found, recommended=None, sensitivity=(), offers=()), Fraction(0))
    assert [one.moved for one in bare.assumptions[:5]] == [
        *["no commit is recommended"] * 4, "no pool is offered",
    ]  # fmt: skip


def test_the_steps_to_the_need_foot(found: Negotiation, own: str) -> None:
    best = found.best
    assert best
    rows = ladder_of(best, found, money_of(found))
    shown = [printed(row.amount.text) for row in rows]
    assert sum(shown[:-1]) == shown[-1] == best.need_after.cents
    # 11 weeks of the sample, carried over the 365 days of 2027
    billed = sum((one.usd for one in found.weeks), Fraction(0))
    assert Fraction(rows[0].amount.usd) == billed * 365 / (7 * len(found.weeks))
    assert "Need of the term, mean" in own


def test_the_claim_holds_the_cost_its_interval_and_a_footing_gain(found: Negotiation) -> None:
    page = render(found)
    best = found.best
    assert best
    assert best.sizing
    text = re.sub(r"<[^>]+>", "", page.split('<h1 class="claim">')[1].split("</p>")[0])
    cost, gain = _claimed(text)
    none, chosen = best.sizing.uncommitted.cost.cents, best.sizing.chosen.cost.cents
    assert (cost, gain) == (chosen, none - chosen)
    assert f"{best.sizing.chosen.p10_cents / 100:,.2f}" in text


@pytest.mark.parametrize(
    ("verdict", "light", "words"),
    [
        ("pass", "pass", "Matches the vendor"),
        ("warn", "warn", "Matches with a warning"),
        ("fail", "fail", "Fails on tokens (L0)"),
        (None, "warn", "Not reconciled: no report of the vendor tells the history"),
    ],
)
def test_the_light_is_that_of_the_historys_months(
    found: Negotiation, verdict: Verdict | None, light: str, words: str
) -> None:
    months = ("2026-08", "2026-09", "2026-10", "2026-11")
    one = Fraction(9)
    matches = [Match("L0", month, "tokens", one, one, one, "pass") for month in months]
    told = None
    if verdict:
        # what the months before the history say is no matter
        early = replace(matches[0], what="2026-01", verdict="fail")
        told = Reconciliation(
            (early, *matches[1:], replace(matches[0], verdict=verdict)), 1, (), (), None, (), (), ()
        )
    page = render(replace(found, reconciliation=told))
    rail = page.split("<dt>Reconciliation</dt>")[1].split("<dt>")[0]
    assert f'class="light {light}"' in rail
    assert words in rail


def test_a_month_that_no_report_tells_is_no_pass(found: Negotiation) -> None:
    one = Fraction(9)
    told = Reconciliation(
        (Match("L0", "2026-09", "tokens", one, one, one, "pass"),), 1, (), (), None, (), (), ()
    )
    page = render(replace(found, reconciliation=told))
    assert "Matches; no report tells 2026-08, 2026-10, 2026-11" in page


def test_entries_of_a_register_stand_on_the_page(found: Negotiation, own: str) -> None:
    assert "No register of adjustments was given" in own
    entry = Adjustment(
        "storm", "retry_storm", "2026-10-27", "2026-10-27", (), Fraction(-10**13), "one evening",
        "ab" * 32, "client", "2026-11-02", ("client",), "open",
    )  # fmt: skip
    page = render(replace(found, adjustments=(entry,)))
    for words in ("storm", "retry storm", "\u2212$10.00", "27 October 2026", "all workloads"):
        assert words in page
    assert "No entry of the register touches the history" in render(replace(found, adjustments=()))


def test_owners_enter_the_page_and_the_manifest(found: Negotiation) -> None:
    signed = backed(found, None, OWNERS)
    assert signed.manifest != found.manifest
    assert backed(found, None, None) == found
    page = render(signed)
    assert "Finance, planning" in page
    assert "expired 1 October 2026" in page


def test_planted_bugs_are_noticed(found: Negotiation, monkeypatch: pytest.MonkeyPatch) -> None:
    def noticed(check: Any, *told: Any) -> None:
        with pytest.raises((AssertionError, KeyError)):
            check(*told)

    with monkeypatch.context() as planted:  # the other assumption's case
        swapped = {**CASE_OF, GROWTH: CASE_OF[BIRTHS]}
        planted.setattr(registers, "CASE_OF", swapped)
        noticed(test_each_assumption_is_worth_what_the_tornado_says, weighed(found, Fraction(0)))
    with monkeypatch.context() as planted:  # the copy that keeps the sensitivities
        kept = replace(vendor_copy(found), assumptions=found.assumptions)
        planted.setattr(sys.modules[__name__], "vendor_copy", lambda _found: kept)
        noticed(test_the_vendors_copy_names_no_owner_and_no_adjustment, found)
    with monkeypatch.context() as planted:  # a light that looks at no month
        planted.setattr(page_module, "_months", lambda _found: iter(()))
        noticed(test_the_light_is_that_of_the_historys_months, found, "fail", "fail", "Fails on")


def _claimed(text: str) -> tuple[int, int]:
    """Cost and gain of the claim, in cents."""
    amounts = re.findall(r"\$([\d,]+\.\d\d)", text.split(" under ")[1])
    return printed(amounts[0]), printed(amounts[1])


def test_asks_are_dearest_first_and_their_worth_is_the_clauses(found: Negotiation) -> None:
    assert found.asks[0].kind == "condition"
    worths = [ask.worth.cents for ask in found.asks if ask.worth]
    assert worths == sorted(worths, reverse=True)
    best = found.best
    assert best
    assert best.sizing
    assert sorted(worths) == sorted(
        abs(one.worth.cents) for one in best.sizing.clauses if one.worth.cents
    )


def test_nothing_outside_the_page_is_named(own: str) -> None:
    plain = re.sub(r'<script type="application/octet-stream".*?</script>', "", own, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", plain)
    assert "/tmp" not in plain  # noqa: S108 - looked for, not written to
    assert "default-src 'none'" in plain


def test_without_a_commit_worth_signing_the_page_says_so(found: Negotiation) -> None:
    page = render(replace(found, recommended=None, sensitivity=(), stresses=()))
    assert "Sign no commit" in page
    assert "Without a commit nothing can be left unused." in page
    quiet = render(vendor_copy(replace(found, recommended=None)))
    assert "On the terms as offered we ask for" in quiet
    assert "Sign no commit" not in quiet
    bare = render(replace(found, recommended=None, offers=(), rates=(), asks=(), sensitivity=()))
    assert "No pool is offered" in bare
    assert "data-fig=" not in bare


def test_the_command_writes_page_and_twin(
    sample: Path, found: Negotiation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*words: Any) -> None:
        given = ("--store", sample, "--offers", SAMPLES / "offers.toml", "--policy",
                 SAMPLES / "policy.toml", "--paths", PATHS, "--title", found.title)  # fmt: skip
        words = ("rebill", "report", "negotiation", *given, *words)
        monkeypatch.setattr(sys, "argv", list(map(str, words)))
        with pytest.raises(SystemExit) as stopped:
            main()
        assert not stopped.value.code

    run("-o", tmp_path / "theirs.html", "--copy", "vendor")
    assert (tmp_path / "theirs.html").read_text() == render(vendor_copy(found))
    assert (tmp_path / "theirs.json").read_text() == as_json(vendor_copy(found))
