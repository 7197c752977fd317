"""The savings analysis: from a store to everything the savings report prints."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Literal

import polars as pl

from analyzer.billing import PriceBasis, has_price
from analyzer.calibrate import calibrate
from analyzer.errors import InputError
from analyzer.policy import Policy
from analyzer.prices import Book, may_be_regional
from analyzer.replay import Outcome, Replays, Scene, in_order, shapley, simulate
from analyzer.results import (
    LEVERS,
    Calibration,
    Day,
    Ledger,
    Lever,
    LeverShare,
    Savings,
    Subset,
    WorkloadResult,
)
from analyzer.savings import default_policy, serving_effect
from analyzer.savings.account import Account, account
from analyzer.savings.assumptions import register
from analyzer.savings.lines import lines
from analyzer.savings.manifest import METHOD, manifest
from analyzer.savings.targets import Market, sales, targets
from analyzer.savings.words import counted
from analyzer.store import Store
from analyzer.traffic import (
    Workload,
    assign,
    day_of,
    load,
    resolve,
    tokenizer_ratio,
    unmatched,
)

Prices = date | Literal["logged", "period-end"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What the user asks of a store."""

    policy: Policy | None = None
    """None proposes the default policy."""
    prices: Prices = "period-end"
    """List prices of one day, of the log's last day, or of each request's own day."""
    title: str = "Claude traffic"
    levers: frozenset[Lever] | None = None
    """Only these levers of the policy; None for all."""


@dataclass(frozen=True, slots=True)
class Study:
    """A scene with its policy, ready to be replayed."""

    scene: Scene
    policy: Policy
    billed: Account
    workloads: tuple[Workload, ...]
    first_day: date
    last_day: date
    price_label: str


def analyse(store: Store, book: Book, question: Question, say: Say = lambda _text: None) -> Savings:
    """Replay a store's traffic under a policy and attribute the saving.

    Raises:
        InputError: the store holds no call with a time, or none with a price.
    """
    study = _settled(prepare(store, book, question, say), question, say)
    replays = Replays(study.scene)
    say("replaying the observed policy")
    calibration = calibrate(
        study.scene.traffic.calls,
        simulate(study.scene, Policy.observed(), study.policy.seeds[0]),
        study.scene.basis,
    )
    say("replaying 16 combinations of levers")
    return _savings(study, replays, calibration, store, question)


def settle(store: Store, book: Book, question: Question, say: Say = lambda _text: None) -> Policy:
    """Give the policy a replay would use: the given one, or the default lines that save."""
    return _settled(prepare(store, book, question, say), question, say).policy


def _settled(study: Study, question: Question, say: Say) -> Study:
    policy = study.policy
    if question.levers is not None:
        policy = policy.with_levers(question.levers)
    if question.policy is None:
        say("trying each line of the default policy")
        policy = default_policy.keep_what_saves(policy, Replays(study.scene).saving)
    return replace(study, policy=policy)


def prepare(store: Store, book: Book, question: Question, say: Say) -> Study:
    """Load the trace, price it as billed, name the workloads and settle the policy."""
    say("reading the store")
    traffic = load(store, book)
    days = traffic.calls["day"].drop_nulls()
    if not len(days):
        raise InputError(
            f"{store.path}: holds no call with a time; ingest logs first with `rebill ingest`"
        )
    first_day, last_day = day_of(int(days.min())), day_of(int(days.max()))  # type: ignore[arg-type]  # days are integers
    at = _price_day(question.prices, last_day)
    basis = PriceBasis(book, at)
    billed = account(traffic, basis)
    if not billed.total:
        raise InputError(
            f"{store.path}: no call has a price "
            f"({', '.join(u.what for u in billed.unpriced()[:3])}); see `rebill prices show`"
        )
    given = question.policy
    calls, workloads = assign(
        traffic.calls, given or Policy.observed(), billed.by_request(len(traffic.calls))
    )
    traffic = replace(traffic, calls=_with_offers(calls, basis))
    policy = given or default_policy.candidates(calls, book, at, last_day)
    policy = resolve(policy, workloads)
    return Study(
        scene=Scene(
            traffic=traffic,
            targets=targets(policy, Market(book, at, last_day, sales(calls))),
            ratio=tokenizer_ratio(book),
            basis=basis,
            workloads=tuple(w.name for w in workloads),
        ),
        policy=policy,
        billed=billed,
        workloads=workloads,
        first_day=first_day,
        last_day=last_day,
        price_label="logged" if at is None else at.isoformat(),
    )


def _with_offers(calls: pl.DataFrame, basis: PriceBasis) -> pl.DataFrame:
    """Tell which calls have a price, and which would have one in a batch."""
    named = calls.drop("model").rename({"name": "model"})
    batch = has_price(named.with_columns(speed=pl.lit(None, pl.Utf8)), basis, "batch")
    return calls.with_columns(priced=has_price(named, basis), batchable=batch)


def _price_day(prices: Prices, last_day: date) -> date | None:
    if prices == "logged":
        return None
    return last_day if prices == "period-end" else prices


def _savings(
    study: Study, replays: Replays, calibration: Calibration, store: Store, question: Question
) -> Savings:
    scene, policy = study.scene, study.policy
    accepted = policy.accepted()
    full_savings = replays.subsets(policy)
    accepted_savings = replays.subsets(accepted)
    extras = study.billed.extras()
    observed = replays.cost(replace(Policy.observed(), seeds=policy.seeds))
    every = frozenset(LEVERS)
    billed, ledger = study.billed.total, store.ledger()
    return Savings(
        title=question.title,
        first_day=study.first_day.isoformat(),
        last_day=study.last_day.isoformat(),
        requests=len(scene.traffic.calls),
        prices=study.price_label,
        price_book=f"list prices, book of {scene.basis.book.version}",
        billed=billed,
        observed=observed.total + sum(extras["pico"].drop_nulls().to_list()),
        saving=accepted_savings[every],
        potential=full_savings[every] - accepted_savings[every],
        vendor_change=_vendor_change(study),
        subsets=tuple(
            Subset(tuple(lever for lever in LEVERS if lever in chosen), billed - saving, saving)
            for chosen, saving in full_savings.items()
        ),
        levers=_shares(study, policy, full_savings),
        accepted_levers=_shares(study, accepted, accepted_savings),
        workloads=_workloads(study, replays, accepted),
        models=study.billed.models(),
        unpriced=study.billed.unpriced(),
        uncharged_requests=study.billed.uncharged_requests,
        lower_bound_requests=study.billed.lower_bound_requests,
        days=_days(study, observed, replays.cost(accepted)),
        calibration=calibration,
        ledger=ledger,
        serving=serving_effect.measure(scene, policy),
        assumptions=register(scene, policy, calibration),
        method=METHOD,
        manifest=manifest(
            store.sources(), scene.basis.book.sha256, policy.sha256, study.price_label
        ),
        policy_name=policy.name or "unnamed policy",
        seeds=policy.seeds,
        warnings=_warnings(study, calibration, ledger),
    )


def _shares(
    study: Study, policy: Policy, savings: dict[frozenset[Lever], Fraction]
) -> tuple[LeverShare, ...]:
    fair, ordered, every = shapley(savings), in_order(savings), frozenset(LEVERS)
    shares = []
    for lever in LEVERS:
        own = [
            line
            for name in study.scene.workloads
            for line in lines(policy, name, study.scene)
            if line.lever == lever
        ]
        shares.append(
            LeverShare(
                lever=lever,
                in_order=ordered[lever],
                fair_share=fair[lever],
                alone=savings[frozenset({lever})],
                added_last=savings[every] - savings[every - {lever}],
                grade=max((line.grade for line in own), default=None),
                basis=counted(len(own), "line") if own else "no line of the policy uses it",
            )
        )
    return tuple(shares)


def _workloads(study: Study, replays: Replays, accepted: Policy) -> tuple[WorkloadResult, ...]:
    observed = replays.cost(replace(Policy.observed(), seeds=study.policy.seeds)).by_workload()
    kept = replays.cost(accepted).by_workload()
    full = replays.cost(study.policy).by_workload()
    names = study.scene.traffic.calls.select("request", "workload")
    sums = study.billed.rows.join(names, on="request").group_by("workload").agg(_exact_pico())
    billed = {str(name): Fraction(int(pico)) for name, pico in sums.iter_rows()}
    return tuple(
        WorkloadResult(
            name=w.name,
            label=w.label if w.name == w.number else f"{w.number}, {w.label}",
            requests=w.requests,
            visibility=w.visibility,
            billed=billed[w.name],
            saving=observed[w.name] - kept[w.name],
            potential=kept[w.name] - full[w.name],
            lines=lines(study.policy, w.name, study.scene),
        )
        for w in study.workloads
    )


def _exact_pico() -> pl.Expr:
    return pl.col("pico").cast(pl.Int128).sum()


def _days(study: Study, observed: Outcome, after: Outcome) -> tuple[Day, ...]:
    rows = study.billed.rows.filter(pl.col("day").is_not_null())
    billed = dict(rows.group_by("day").agg(_exact_pico()).iter_rows())
    extras = study.billed.extras().filter(pl.col("day").is_not_null())
    hidden = dict(extras.group_by("day").agg(_exact_pico()).iter_rows())
    before, left = observed.by_day(), after.by_day()
    return tuple(
        Day(
            day=day_of(day).isoformat(),
            billed=Fraction(int(billed[day])),
            observed=before.get(day, Fraction(0)) + int(hidden.get(day, 0)),
            after=left.get(day, Fraction(0)) + int(hidden.get(day, 0)),
        )
        for day in sorted(billed)
    )


def _vendor_change(study: Study) -> Fraction | None:
    """Bill at the report's prices minus bill at each request's own day."""
    basis = study.scene.basis
    if basis.at is None:
        return None
    return study.billed.total - account(study.scene.traffic, PriceBasis(basis.book, None)).total


def _warnings(study: Study, calibration: Calibration, ledger: Ledger) -> tuple[str, ...]:
    scene = study.scene
    found = [calibration.note]
    missing = unmatched(study.policy, study.workloads)
    if missing:
        found.append(
            f"The policy names workloads that this traffic does not have: {', '.join(missing)}."
        )
    unfinished = study.billed.lower_bound_requests
    if unfinished:
        found.append(
            f"{counted(unfinished, 'call')} without a final usage line: the output shown, and so "
            "the bill, is a lower bound."
        )
    if scene.traffic.conflicts:
        found.append(
            f"{counted(scene.traffic.conflicts, 'prompt')} with a billed total that an earlier "
            "request's prefix counts do not allow; counted anew from there."
        )
    regional = sum(map(may_be_regional, scene.traffic.calls["model"].to_list()))
    if regional:
        found.append(
            f"{counted(regional, 'call')} to Bedrock names that may be regional endpoints: priced "
            "at list, and 10 % dearer if they are."
        )
    faults = sum(reason.lines for reason in ledger.reasons if reason.kind == "fault")
    if faults:
        found.append(
            f"{counted(faults, 'line')} could not be read; `rebill check --rejects` lists each."
        )
    return tuple(found)
