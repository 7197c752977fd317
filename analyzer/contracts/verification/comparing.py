"""Compares a period of a store with a baseline: the method of record, and what it leaves out.

Adjusted baseline = what was billed + [sim(baseline's settings) - sim(settings as they came to be)]
on the period's own traffic, workload by workload. A workload without a baseline is sent as it came
to be on both sides; what has no price or no log is the same on both.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction

import polars as pl

from analyzer.attribution import Attribution
from analyzer.billing import PriceBasis as BookBasis
from analyzer.contracts.baseline import METHOD, Baseline
from analyzer.contracts.baseline.digests import call_digests
from analyzer.contracts.baseline.verifying import changed_days
from analyzer.contracts.logged import Cell, Logged, Span, book_rates, cells, inside, read
from analyzer.contracts.logged import bill as cell_bill
from analyzer.contracts.logged.reconciling import Matched, match
from analyzer.contracts.logged.spans import number_of
from analyzer.contracts.register import Judged, Register, judge
from analyzer.contracts.verification.building import Stage, build_up
from analyzer.contracts.verification.cache_replay import replayed_settings
from analyzer.contracts.verification.counterfactual import (
    REPLAYED,
    UNIT_RATE,
    Calibration,
    Pulled,
    as_it_came,
)
from analyzer.contracts.verification.games import (
    BOTH_ENDS,
    EVERY_STATE,
    Game,
    play,
    uncertainty,
)
from analyzer.contracts.verification.measures import Measures
from analyzer.contracts.verification.pricing import PRICE_BASES, PriceBasis, Prices
from analyzer.contracts.verification.records import (
    Basis,
    BuildUp,
    Cash,
    LeverSaving,
    Saved,
    Verification,
)
from analyzer.contracts.verification.scaling import VOLUME_BASES, VolumeBasis, scale
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import stored_reports
from analyzer.results import LEVERS, NOTHING, Grade, Lever, Pico
from analyzer.savings.account import account
from analyzer.store import Store
from analyzer.traffic import Usage

Settlement = Callable[[Pico], Pico]
"""What a contract asks for a demand at list, pico-dollars."""
_AT_90 = Fraction(1645, 1000)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared, and by which terms of the contract."""

    span: Span
    price_basis: PriceBasis = "reporting"
    volume_basis: VolumeBasis = "reporting"
    growth: Fraction = Fraction(0)
    """Over the baseline's requests a day, for the capped volume basis."""
    measures: Measures = field(default_factory=Measures)
    register: Register | None = None
    policy: Policy = field(default_factory=Policy.observed)
    contract: tuple[Discount, ...] = ()
    settlement: Settlement | None = None
    signed: bool = False
    """Whether both parties' signatures hold for the baseline's file."""


@dataclass(frozen=True, slots=True)
class _Period:
    """The period as it is in the store."""

    cells: dict[str, list[Cell]]
    used: Usage
    matched: Matched
    prices: Prices
    billed: Pico
    """Everything after discount, with fees and hidden iterations."""
    listed: Pico
    blackout: Pico
    calibration: Calibration


def compare(
    store: Store, book: Book, baseline: Baseline, sha256: str, asked: Asked
) -> Verification:
    """Verify a period.

    Raises:
        ContractError: the period overlaps the baseline or is logged in part, a lever was rolled out
            before the baseline's end, the baseline's data or method changed.
    """
    _check(baseline, asked)
    logged = read(store, book, asked.policy)
    logged.require(asked.span)
    rechecked = _recheck(logged, baseline)
    period = _period(store, logged, book, baseline, asked)
    period = replace(period, calibration=_calibration(store, book, logged, baseline, period))
    games = [*_games(baseline, period, asked, (asked.price_basis, asked.volume_basis))]
    notes = (*rechecked, *_notes(games, baseline, period, book))
    return _verification(baseline, sha256, asked, period, games, notes)


def _check(baseline: Baseline, asked: Asked) -> None:
    if asked.span.first_day <= baseline.span.last_day:
        raise ContractError(
            f"period {asked.span}: overlaps the baseline, which ends on {baseline.span.last_day};"
            " name later days"
        )
    if baseline.manifest.method != METHOD:
        raise ContractError(
            f"baseline: method: frozen by {baseline.manifest.method}, this program's is {METHOD};"
            " use the rebill that froze it"
        )
    rules = replace(Policy.observed(), workloads=asked.policy.workloads).sha256
    if baseline.manifest.policy_sha256 != rules:
        raise ContractError(
            "policy: other rules name workloads than when the baseline was frozen, give the same"
            " policy file (--policy)"
        )
    for one in asked.measures.deployments:
        if one.started <= baseline.span.last_day:
            raise ContractError(
                f"deployment of {one.lever} in {one.workload}: started on {one.started}, within"
                f" or before the baseline, which ends on {baseline.span.last_day}"
            )


def _recheck(logged: Logged, baseline: Baseline) -> tuple[str, ...]:
    """Refuse a baseline whose calls are in the store and are not what was frozen."""
    used = inside(logged.usage, baseline.span)
    numbers = [number_of(day) for day in baseline.excluded]
    calls = used.calls.filter(~pl.col("day").is_in(numbers))
    if not len(calls):
        return ("The store does not hold the baseline's days: its data was not checked again.",)
    differs = changed_days(baseline, call_digests(logged, Usage(calls, used.extras))[0])
    if differs:
        raise ContractError(
            f"baseline: its data changed: {'; '.join(map(str, differs[:3]))}; restore the logs, or"
            " freeze and sign anew"
        )
    return ()


def _period(store: Store, logged: Logged, book: Book, baseline: Baseline, asked: Asked) -> _Period:
    whole = inside(logged.usage, asked.span)
    used, out = _without_blackout(whole, asked.measures)
    matched = match(whole, stored_reports(store), book, asked.span, asked.contract)
    prices = Prices(book_rates(book), baseline.rates, matched.discounts, baseline.discounts)
    by_workload: dict[str, list[Cell]] = {}
    for cell in cells(used, book):
        by_workload.setdefault(cell.workload, []).append(cell)
    billed, listed = _bill(used, book, prices)
    return _Period(
        by_workload,
        used,
        matched,
        prices,
        billed,
        listed,
        _bill(out, book, prices)[0],
        Calibration.of(asked.measures.routing, asked.measures.output),
    )


def _calibration(
    store: Store, book: Book, logged: Logged, baseline: Baseline, period: _Period
) -> Calibration:
    """Add to the ratios what a replay tells of workloads that were cached otherwise."""
    known = baseline.workloads
    pairs = {n: (known[n], found) for n, found in period.cells.items() if n in known}
    cached = replayed_settings(store, book, logged, period.used, pairs)
    return replace(period.calibration, cached=cached)


def _without_blackout(used: Usage, measures: Measures) -> tuple[Usage, Usage]:
    rolling = pl.lit(value=False)
    for one in measures.deployments:
        days = pl.col("day").is_between(number_of(one.started), number_of(one.completed))
        rolling |= days & (pl.col("workload") == one.workload)
    parts = []
    for keep in (~rolling, rolling):
        calls = used.calls.filter(keep)
        extras = used.extras.join(calls.select("request"), on="request", how="semi")
        parts.append(Usage(calls, extras))
    return parts[0], parts[1]


def _bill(used: Usage, book: Book, prices: Prices) -> tuple[Pico, Pico]:
    """Everything billed: after discount, and at list."""
    if not len(used.calls):
        return NOTHING, NOTHING
    rows = account(used, BookBasis(book, None)).rows
    sums = rows.group_by("model").agg(pl.col("pico").cast(pl.Int128).sum())
    paid = listed = NOTHING
    for model, pico in sums.iter_rows():
        listed += int(pico or 0)
        paid += prices.kept(str(model)) * int(pico or 0)
    return paid, listed


def _games(
    baseline: Baseline,
    period: _Period,
    asked: Asked,
    bases: tuple[PriceBasis, VolumeBasis],
    states: Sequence[Pulled] = EVERY_STATE,
) -> Iterator[Game]:
    for name, found in sorted(period.cells.items()):
        before = baseline.workloads.get(name) or as_it_came(name, found)
        game = play(before, found, period.calibration, period.prices, bases[0], states)
        yield replace(game, scale=_scale(baseline, asked, game, bases[1]))


def _blackout_days(workload: str, asked: Asked) -> int:
    return sum(
        any(
            one.workload == workload and one.started <= day <= one.completed
            for one in asked.measures.deployments
        )
        for day in asked.span.each()
    )


def _verification(
    baseline: Baseline,
    sha256: str,
    asked: Asked,
    period: _Period,
    games: Sequence[Game],
    notes: tuple[str, ...],
) -> Verification:
    unlogged = _unlogged(period)
    avoided = sum((game.avoided for game in games), NOTHING)
    actual = period.billed + unlogged
    judged = _judged(asked, actual + avoided)
    adjustments = (judged.baseline, judged.actual) if judged else (NOTHING, NOTHING)
    saved = tuple(_saved(games, baseline, asked, period, judged))
    spread = uncertainty(games, period.calibration, period.prices, asked.price_basis)
    total = avoided + adjustments[0] - adjustments[1]
    adjusted = actual + avoided + adjustments[0]
    demand = (
        period.listed + sum((g.scale * (g.listed[0] - g.listed[1]) for g in games), NOTHING),
        period.listed,
    )
    with_baseline = [game.billed for game in games if game.name in baseline.workloads]
    stage = Stage(baseline, asked.span, period.cells, period.prices)
    bases = tuple(_bases(baseline, period, asked, actual))
    levers = _levers([game.parts for game in games])
    return Verification(
        title=baseline.title,
        baseline_sha256=sha256,
        baseline_span=baseline.span,
        span=asked.span,
        price_basis=asked.price_basis,
        volume_basis=asked.volume_basis,
        baseline_bill=stage.baseline_bill,
        build_up=build_up(
            stage,
            adjusted,
            [
                stage.fees(period.billed - _token_bill(period)),
                BuildUp("price and volume basis", avoided - bases[0].avoided),
                BuildUp("billed and in no log", unlogged),
                BuildUp("signed adjustments", adjustments[0]),
            ],
        ),
        adjusted=adjusted,
        actual=actual + adjustments[1],
        levers=levers,
        remark=_remark(levers),
        saved=saved,
        unchanged=period.billed - sum(with_baseline, NOTHING),
        unlogged=unlogged,
        blackout=period.blackout,
        born=tuple(sorted(set(period.cells) - set(baseline.workloads))),
        retired=tuple(sorted(set(baseline.workloads) - set(period.cells))),
        demand_before=demand[0],
        demand_after=demand[1],
        cash=_cash(asked.settlement, demand),
        bases=bases,
        judged=judged,
        own_cost=asked.measures.own_cost(asked.span),
        uncertainty=spread,
        savings_uncertainty=_share(spread, total, saved),
        grade=max((one.grade for one in saved if one.avoided), default="E2"),
        reconciliation=period.matched.verdict,
        signed=asked.signed,
        indicative=tuple(g.name for g in baseline.gates if g.standing == "fail"),
        notes=notes,
    )


def _token_bill(period: _Period) -> Pico:
    """What the tokens of messages came to, after discount."""
    return sum(
        (
            cell_bill(found, lambda sku, day: period.prices.paid(sku, day, "reporting"))
            for found in period.cells.values()
        ),
        NOTHING,
    )


def _unlogged(period: _Period) -> Pico:
    """What the vendor reports and no log holds, at the mean discount of what is logged."""
    coverage = period.matched.coverage
    if coverage is None or not period.listed:
        return NOTHING
    return coverage.missing * period.billed / period.listed


def _judged(asked: Asked, adjusted: Pico) -> Judged | None:
    if asked.register is None:
        return None
    return judge(asked.register, asked.span.first_day, asked.span.last_day, adjusted)


def _saved(
    games: Sequence[Game],
    baseline: Baseline,
    asked: Asked,
    period: _Period,
    judged: Judged | None,
) -> Iterator[Saved]:
    otherwise = baseline.span.last_day + timedelta(1)
    reconciled = period.matched.verdict == "pass"
    for game in games:
        for part in game.parts.parts:
            if part.in_order:
                live = asked.measures.live_since(game.name, part.cause, otherwise)
                yield Saved(
                    game.name,
                    part.cause,
                    part.in_order,
                    min(live, asked.span.last_day),
                    asked.measures.quality(game.name, part.cause, asked.span),
                    _grade(game, part.cause, reconciled=reconciled),
                    game.made.methods.get(part.cause, "tokens as billed"),
                )
        if game.price_change:
            words = f"prices by the contract's basis: {asked.price_basis}"
            yield Saved(
                game.name, "price", game.price_change, otherwise, "not needed",
                "E2" if reconciled else "E4", words,
            )  # fmt: skip
    if judged and judged.baseline != judged.actual:
        yield Saved(
            "signed adjustments", "adjustment", judged.baseline - judged.actual, otherwise,
            "not needed", "E2", "the register's accepted entries",
        )  # fmt: skip


def _grade(game: Game, lever: Lever, *, reconciled: bool) -> Grade:
    if lever in ("batch", "caching"):
        weak = game.made.methods.get(lever) in (UNIT_RATE, REPLAYED)
        return "E2" if reconciled and not weak else "E4"
    return max(game.made.ratio_grades(lever), default="E4")


def _levers(games: Sequence[Attribution[Lever]]) -> tuple[LeverSaving, ...]:
    sums: dict[Lever, list[Pico]] = {lever: [NOTHING] * 4 for lever in LEVERS}
    for game in games:
        for part in game.parts:
            new = (part.in_order, part.fair, part.first_in, part.last_in)
            sums[part.cause] = [a + b for a, b in zip(sums[part.cause], new, strict=True)]
    return tuple(LeverSaving(lever, *values) for lever, values in sums.items())


def _remark(levers: Sequence[LeverSaving]) -> str:
    total = sum((one.in_order for one in levers), NOTHING)
    alone = sum((one.first_in for one in levers), NOTHING)
    last = sum((one.last_in for one in levers), NOTHING)
    if alone == total == last:
        return ""
    return "not additive: what each is worth alone, or last, does not add up to the total"


def _cash(settlement: Settlement | None, demand: tuple[Pico, Pico]) -> Cash | None:
    if settlement is None:
        return None
    return Cash(settlement(demand[0]), settlement(demand[1]))


def _bases(baseline: Baseline, period: _Period, asked: Asked, actual: Pico) -> Iterator[Basis]:
    for prices in PRICE_BASES:
        played = list(_games(baseline, period, asked, (prices, "reporting"), BOTH_ENDS))
        for volume in VOLUME_BASES:
            avoided = NOTHING
            for game in played:
                avoided += _scale(baseline, asked, game, volume) * game.avoided
            yield Basis(prices, volume, actual + avoided, avoided)


def _scale(baseline: Baseline, asked: Asked, game: Game, volume: VolumeBasis) -> Fraction:
    if game.name not in baseline.workloads:
        return Fraction(1)
    days = asked.span.count - _blackout_days(game.name, asked)
    now = Fraction(sum(cell.requests for cell in game.made.cells), days)
    then = Fraction(game.made.before.requests, baseline.counted_days)
    return scale(volume, then, now, asked.growth)


def _share(spread: Pico, avoided: Pico, saved: Sequence[Saved]) -> Fraction | None:
    """Half-width at 90 % as a share; None where a weak method's error is not known."""
    if avoided <= 0 or any(one.method in (UNIT_RATE, REPLAYED) for one in saved):
        return None
    return _AT_90 * spread / avoided


def _notes(games: Sequence[Game], baseline: Baseline, period: _Period, book: Book) -> Iterator[str]:
    for game in games:
        for actual, wanted, share in game.made.unmatched:
            yield (
                f"{game.name}: {float(share):.1%} of requests went to {actual} instead of {wanted}"
                " and have no calibrated ratio, or the old model has no price now: no routing"
                " saving is counted for them."
            )
        how = game.made.methods.get("caching")
        if how in (UNIT_RATE, REPLAYED):
            yield (
                f"{game.name}: cached otherwise than in the baseline; worked out by this:"
                f" {how}, which is weak evidence (E4)."
            )
    if baseline.manifest.book_sha256 != book.sha256:
        yield "The price book changed since the baseline; its frozen prices stand in its file."
    for name in ("workspace", "api_key", "org"):
        known = {
            "workspace": baseline.boundary.workspaces,
            "api_key": baseline.boundary.keys,
            "org": baseline.boundary.orgs,
        }[name]
        seen = {str(one) for one in period.used.calls[name].drop_nulls().unique().to_list()}
        if new := sorted(seen - set(known)):
            yield f"Outside the baseline's boundary, {name}: {', '.join(new)}."
