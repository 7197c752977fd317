"""The bridge from the month before, for all traffic and for each workload alone."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.contracts.bridge import Period, bridge, observed
from analyzer.contracts.review.economics import stretch
from analyzer.contracts.review.months import Span
from analyzer.contracts.review.spending import Spending
from analyzer.results import NOTHING, Pico
from analyzer.results.review import Crossing, MixStep, Mover, Step
from analyzer.traffic import Usage, Workload


def crossing(before: Period, after: Period, *, whole: bool) -> Crossing:
    """Cross from one period to the next in a spend review's order of record."""
    found = bridge(before, after)
    steps = [Step(part.cause, part.in_order, part.fair) for part in found.attribution.parts]
    groups = (("new", found.new), ("retired", found.retired), ("continuing", found.continuing))
    return Crossing(
        before_days=stretch(found.before_days),
        after_days=stretch(found.after_days),
        before=found.before,
        after=found.after,
        steps=(*steps, Step("fees", found.fees, found.fees)),
        mix=tuple(
            MixStep(group, bar.workloads, bar.in_order, bar.fair)  # type: ignore[arg-type]  # the names above are the groups
            for group, bar in groups
        ),
        remark=found.check.why_not,
        whole=whole,
    )


def periods(
    used: Usage, span: Span, basis: PriceBasis, shares: Mapping[str, Fraction]
) -> tuple[Period | None, Period]:
    """Read the days compared with and those of the month."""
    before = span.before and observed(used, span.before, basis, discounts=shares).period
    return before, observed(used, span.days, basis, discounts=shares).period


def movers(
    used: Usage, span: Span, basis: PriceBasis, spent: Spending, workloads: Sequence[Workload]
) -> tuple[Mover, ...]:
    """Split each workload's change by a bridge of its own; they add up to the whole change."""
    after = spent.paid_by(spent.within(span.days), "workload")
    before = spent.paid_by(spent.within(span.before), "workload") if span.before else {}
    found = [
        _mover(one, used, span, basis, spent)
        if one.name in before and one.name in after
        else _alone(one, before.get(one.name, NOTHING), after.get(one.name, NOTHING), span)
        for one in workloads
        if one.name in before or one.name in after
    ]
    if span.before is None:
        return tuple(sorted(found, key=lambda one: (-one.after, one.workload)))
    return tuple(sorted(found, key=lambda one: (-abs(one.change or NOTHING), one.workload)))


def _mover(one: Workload, used: Usage, span: Span, basis: PriceBasis, spent: Spending) -> Mover:
    own = used.calls.filter(pl.col("workload") == one.name)
    extras = used.extras.join(own.select("request"), on="request", how="semi")
    before, after = periods(Usage(own, extras), span, basis, spent.shares)
    if before is None:
        return _alone(one, NOTHING, spent.paid(spent.within(span.days)), span)
    found = bridge(before, after)
    parts = {part.cause: part.in_order for part in found.attribution.parts}
    volume = parts["volume"] + parts["workload_mix"]
    return Mover(
        workload=one.name,
        label=_label(one),
        before=found.before,
        after=found.after,
        volume_and_mix=volume,
        model=parts["model_mix"],
        other=found.difference - volume - parts["model_mix"],
    )


def _alone(one: Workload, before: Pico, after: Pico, span: Span) -> Mover:
    """A workload that starts or ends is all volume; without days before nothing is split."""
    if span.before is None:
        return Mover(one.name, _label(one), None, after, NOTHING, NOTHING, NOTHING)
    return Mover(one.name, _label(one), before, after, after - before, NOTHING, NOTHING)


def _label(one: Workload) -> str:
    return one.label if one.name == one.number else f"{one.number}, {one.label}"
