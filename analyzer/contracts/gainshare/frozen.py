"""A baseline as the page's records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from analyzer.contracts.baseline import Baseline, Workload
from analyzer.contracts.baseline.records import Counts
from analyzer.contracts.baseline.signing import Signature, both_signed
from analyzer.contracts.logged import METERS, Rates, Sku
from analyzer.results.baseline import Frozen, GateRow, ListPrice, Named, PolicyRow, Signed, UnitRate

_MOST = 3
"""Values of a setting that are named; the others are counted."""


def frozen_of(
    baseline: Baseline,
    sha256: str,
    signatures: Sequence[Signature],
    untrusted: tuple[str, ...] = (),
) -> Frozen:
    """Give the page's record of a baseline; workloads dearest first."""
    works = sorted(baseline.workloads.values(), key=lambda one: (-one.bill, one.name))
    manifest = baseline.manifest
    return Frozen(
        sha256=sha256,
        method=manifest.method,
        first_day=str(baseline.span.first_day),
        last_day=str(baseline.span.last_day),
        days=baseline.counted_days,
        excluded=tuple(map(str, baseline.excluded)),
        gates=tuple(GateRow(g.name, g.standing, g.figure, g.limit) for g in baseline.gates),
        orgs=baseline.boundary.orgs,
        workspaces=baseline.boundary.workspaces,
        keys=baseline.boundary.keys,
        only_workspaces=baseline.boundary.covered.workspaces,
        only_workloads=baseline.boundary.covered.workloads,
        policies=tuple(map(_policy, works)),
        rates=tuple(rate for one in works for rate in _rates(one)),
        meters=METERS,
        prices=tuple(
            ListPrice(sku.model, _mode(sku), tuple(Fraction(rate) * 10**6 for rate in rates))
            for sku, rates in sorted(
                _told(baseline.rates).items(), key=lambda pair: (pair[0].model, _mode(pair[0]))
            )
        ),
        at_list=baseline.bill,
        fees=baseline.fees,
        hidden=baseline.hidden,
        unpriced=baseline.unpriced,
        timeless=baseline.timeless,
        static_factors=baseline.static_factors,
        reconciliation=baseline.reconciliation,
        coverage=baseline.coverage,
        discounts=baseline.discounts,
        book_version=manifest.book_version,
        book_sha256=manifest.book_sha256,
        policy_sha256=manifest.policy_sha256,
        seed=manifest.seed,
        inputs=tuple(_inputs(baseline)),
        signatures=tuple(Signed(one.signer, one.fingerprint, one.holds) for one in signatures),
        untrusted=untrusted,
        both_signed=both_signed(tuple(signatures)) and not untrusted,
    )


def _policy(one: Workload) -> PolicyRow:
    return PolicyRow(
        workload=one.name,
        requests=one.requests,
        sessions=one.sessions,
        days=one.days,
        models=", ".join(sorted({unit.sku.model for unit in one.units})),
        efforts=_said(one.efforts),
        max_tokens=_said(one.max_tokens),
        lives=_said(one.lives),
        prompts=len(one.prompts),
        at_list=one.bill,
    )


def _rates(one: Workload) -> Iterator[UnitRate]:
    for unit in sorted(one.units, key=lambda unit: (unit.sku.model, _mode(unit.sku))):
        yield UnitRate(
            workload=one.name,
            model=unit.sku.model,
            mode=_mode(unit.sku),
            requests=unit.requests,
            tokens=sum(unit.tokens),
            at_list=sum(unit.pico, Fraction(0)),
        )


def _told(rates: Mapping[Sku, Rates]) -> dict[Sku, Rates]:
    """Prices without those of long prompts that are the usual ones."""
    return {
        sku: price
        for sku, price in rates.items()
        if not sku.long or rates.get(replace(sku, long=False)) != price
    }


def _mode(sku: Sku) -> str:
    return f"{sku.mode}, long prompts" if sku.long else sku.mode


def _said(counts: Counts) -> str:
    named = [f"{value} ({count:,})" for value, count in counts[:_MOST]]
    if more := len(counts) - _MOST:
        named += [f"{more} more"] if more > 0 else []
    return ", ".join(named)


def _inputs(baseline: Baseline) -> Iterator[Named]:
    for one in baseline.manifest.sources:
        yield Named(f"{one.connector}, {one.calls:,} calls", one.rows_sha256)
    for report in baseline.manifest.reports:
        yield Named(f"{report.name}, {report.count:,} rows", report.sha256)
