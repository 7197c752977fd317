"""The record a savings report prints, from a settled study and its replays."""

from dataclasses import replace
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.replay import Replays, in_order, shapley
from analyzer.results import (
    LEVERS,
    Calibration,
    Ledger,
    Lever,
    LeverShare,
    Savings,
    Subset,
    WorkloadResult,
)
from analyzer.savings import serving_effect
from analyzer.savings.account import account
from analyzer.savings.audit import doubts
from analyzer.savings.days import days, pauses
from analyzer.savings.default_policy import WHY_NOT
from analyzer.savings.foresight import foresight
from analyzer.savings.lines import lines
from analyzer.savings.manifest import METHOD, manifest
from analyzer.savings.ranges import cache_ranges
from analyzer.savings.reach import Reach
from analyzer.savings.study import Question, Study
from analyzer.store import Store
from analyzer.traffic import day_of, unmatched
from analyzer.words import counted


def summarise(
    study: Study, replays: Replays, calibration: Calibration, store: Store, question: Question
) -> Savings:
    """Replay every subset of levers and put the figures together."""
    policy, billed, ledger = study.policy, study.billed, store.ledger()
    accepted = policy.accepted()
    every, kept = replays.subsets(policy), replays.subsets(accepted)
    saving, joint = kept[frozenset(LEVERS)], every[frozenset(LEVERS)]
    observed = replays.cost(replace(Policy.observed(), seeds=policy.seeds))
    hidden = sum(billed.extras()["pico"].drop_nulls().to_list())
    book, reach = study.scene.basis.book, Reach(study.scene, policy)
    return Savings(
        title=question.title,
        first_day=study.first_day.isoformat(),
        last_day=study.last_day.isoformat(),
        requests=len(study.scene.traffic.calls),
        prices=study.price_label,
        price_book=f"list prices, book of {book.version}",
        billed=billed.total,
        observed=observed.total + hidden,
        saving=saving,
        potential=joint - saving,
        vendor_change=_vendor_change(study),
        subsets=_subsets(billed.total, every),
        levers=_shares(study, policy, every, reach),
        accepted_levers=_shares(study, accepted, kept, reach),
        workloads=_workloads(study, replays, accepted, reach, calibration),
        models=billed.models(),
        unpriced=billed.unpriced(),
        uncharged_requests=billed.uncharged_requests,
        lower_bound_requests=billed.lower_bound_requests,
        days=days(billed, observed, replays.cost(accepted)),
        calibration=calibration,
        ledger=ledger,
        serving=serving_effect.measure(replays, policy, ledger),
        assumptions=(),
        method=METHOD,
        manifest=manifest(store.sources(), book.sha256, policy.sha256, study.price_label),
        foresight=foresight(policy, replays),
        policy_name=policy.name or "unnamed policy",
        seeds=policy.seeds,
        warnings=(calibration.note, *_warnings(study, ledger), *doubts(store, study)),
    )


def _subsets(billed: Fraction, savings: dict[frozenset[Lever], Fraction]) -> tuple[Subset, ...]:
    return tuple(
        Subset(tuple(lever for lever in LEVERS if lever in chosen), billed - saving, saving)
        for chosen, saving in savings.items()
    )


def _shares(
    study: Study, policy: Policy, savings: dict[frozenset[Lever], Fraction], reach: Reach
) -> tuple[LeverShare, ...]:
    fair, ordered, every = shapley(savings), in_order(savings), frozenset(LEVERS)
    shares = []
    for lever in LEVERS:
        own = [
            line
            for name in study.scene.workloads
            for line in lines(policy, name, study.scene, reach, {})
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
                basis=_basis(study, lever, len(own)),
            )
        )
    return tuple(shares)


def _basis(study: Study, lever: Lever, count: int) -> str:
    if count:
        return f"{counted(count, 'change')} to single workloads"
    return WHY_NOT[lever] if study.proposed else "no line of the policy uses it"


def _workloads(
    study: Study, replays: Replays, accepted: Policy, reach: Reach, calibration: Calibration
) -> tuple[WorkloadResult, ...]:
    observed = replays.cost(replace(Policy.observed(), seeds=study.policy.seeds)).by_workload()
    kept = replays.cost(accepted).by_workload()
    full = replays.cost(study.policy).by_workload()
    ranges = cache_ranges(study.policy, replays, calibration)
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
            lines=lines(study.policy, w.name, study.scene, reach, ranges),
        )
        for w in study.workloads
    )


def _exact_pico() -> pl.Expr:
    return pl.col("pico").cast(pl.Int128).sum()


def _vendor_change(study: Study) -> Fraction | None:
    """Bill at the report's prices minus bill at each request's own day."""
    basis = study.scene.basis
    if basis.at is None:
        return None
    return study.billed.total - account(study.scene.traffic, PriceBasis(basis.book, None)).total


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _price_day_words(study: Study) -> list[str]:
    """What the chosen price day cannot say of this traffic."""
    basis = study.scene.basis
    if basis.at is None:
        return []
    found = []
    if basis.at.isoformat() > basis.book.version:
        found.append(
            f"The price book ends on {basis.book.version}; later days are priced as that day was."
        )
    kept = study.own_day_calls
    if kept:
        found.append(
            f"{counted(kept, 'call')} to models that were not sold so on {basis.at}: each keeps "
            "the price of its own day, on both sides."
        )
    return found


def _warnings(study: Study, ledger: Ledger) -> tuple[str, ...]:
    scene = study.scene
    found = [f"{_capital(text)}." for text in study.policy.warnings]
    found.extend(_price_day_words(study))
    found.extend(pauses(study.billed))
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
    regional = _maybe_regional(scene.traffic.calls, scene.basis.book)
    if regional:
        found.append(
            f"{counted(regional, 'call')} on Bedrock or Google Cloud whose endpoint is not told: "
            "priced at list, and 10 % dearer if it is regional."
        )
    outlived = _outlived(scene.traffic.calls, scene.basis.book)
    if outlived:
        found.append(
            f"{counted(outlived, 'call')} to models that Anthropic had retired and a cloud still "
            "served: priced at the last list price; a cloud may ask more for them."
        )
    faults = sum(reason.lines for reason in ledger.reasons if reason.kind == "fault")
    if ledger.usage_like:
        found.append(
            f"Lines that look like usage and were not understood: {ledger.usage_like:,}; their "
            "calls are in no figure."
        )
    if faults:
        found.append(
            f"{counted(faults, 'line')} could not be read; `rebill check --rejects` lists each."
        )
    return tuple(found)


def _outlived(calls: pl.DataFrame, book: Book) -> int:
    """Count calls to retired models that a cloud answered."""
    asked = calls.filter(pl.col("day").is_not_null()).group_by("model", "day", "geo").len()
    rows = asked.iter_rows()
    return sum(n for model, day, geo, n in rows if book.outlived(model, day_of(day), geo))


def _maybe_regional(calls: pl.DataFrame, book: Book) -> int:
    """Count calls that the list price may be too low for: their endpoint is left open."""
    asked = calls.group_by("model", "geo").len()
    return sum(count for model, geo, count in asked.iter_rows() if book.may_cost_more(model, geo))
