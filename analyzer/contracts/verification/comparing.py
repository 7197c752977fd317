"""Compares a period of a store with a baseline: the method of record, and what it leaves out.

Adjusted baseline = what was billed + [sim(baseline's settings) - sim(settings as they came to be)]
on the period's own traffic, workload by workload. A workload without a baseline is sent as it came
to be on both sides; what has no price or no log is the same on both.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from analyzer.contracts.baseline import Baseline
from analyzer.contracts.commitment import Untold
from analyzer.contracts.logged import Logged, Span, read
from analyzer.contracts.register import Judged, judge
from analyzer.contracts.verification.asking import Asked, blackout_days, check_asked
from analyzer.contracts.verification.building import Stage, build_up
from analyzer.contracts.verification.cash import Use, cash_avoided, check_term
from analyzer.contracts.verification.counterfactual import Pulled, as_it_came
from analyzer.contracts.verification.games import (
    BOTH_ENDS,
    EVERY_STATE,
    Game,
    play,
    uncertainty,
)
from analyzer.contracts.verification.measures import Measures
from analyzer.contracts.verification.pricing import PRICE_BASES, PriceBasis
from analyzer.contracts.verification.records import (
    Basis,
    BuildUp,
    Verification,
)
from analyzer.contracts.verification.reporting import (
    Reporting,
    read_period,
    recheck,
    token_bill,
    unlogged_bill,
    with_replays,
)
from analyzer.contracts.verification.scaling import VOLUME_BASES, VolumeBasis, scale
from analyzer.contracts.verification.weighing import (
    levers_of,
    notes_on,
    relative_uncertainty,
    remark_on,
    saved_by,
)
from analyzer.prices import Book
from analyzer.results import NOTHING, Pico
from analyzer.store import Store


def compare(
    store: Store, book: Book, baseline: Baseline, sha256: str, asked: Asked
) -> Verification:
    """Verify a period.

    Raises:
        ContractError: the period overlaps the baseline or is logged in part, a lever was rolled out
            before the baseline's end, the baseline's data or method changed.
    """
    check_asked(baseline, asked)
    check_term(asked)
    logged = read(store, book, asked.policy)
    logged.require(asked.span)
    rechecked = recheck(logged, baseline)
    period = read_period(store, logged, book, baseline, asked)
    period = replace(period, calibration=with_replays(store, book, logged, baseline, period))
    games = [*_games(baseline, period, asked, (asked.price_basis, asked.volume_basis))]
    notes = (*rechecked, *notes_on(games, baseline, period, book))
    found = _verification(baseline, sha256, asked, period, games, notes)
    begins = logged.begins(asked.span)
    cash = cash_avoided(
        asked,
        _use(found, period),
        begins,
        lambda span: _elsewhere(store, logged, book, baseline, replace(asked, span=span)),
    )
    return replace(found, cash=cash)


def compare_in_order(
    store: Store,
    book: Book,
    frozen: tuple[Baseline, str],
    asked: Asked,
    spans: Iterable[Span],
) -> Iterator[Verification]:
    """Verify periods, each with the cash of those before it.

    Raises:
        ContractError: as `compare`, or periods under a commit that are not in their order.
    """
    for span in spans:
        found = compare(store, book, *frozen, replace(asked, span=span))
        asked = replace(asked, earlier=found.cash)
        yield found


def _games(
    baseline: Baseline,
    period: Reporting,
    asked: Asked,
    bases: tuple[PriceBasis, VolumeBasis],
    states: Sequence[Pulled] = EVERY_STATE,
) -> Iterator[Game]:
    for name, found in sorted(period.cells.items()):
        before = baseline.workloads.get(name) or as_it_came(name, found)
        game = play(before, found, period.calibration, period.prices, bases[0], states)
        yield replace(game, scale=_scale(baseline, asked, game, bases[1]))


def _verification(
    baseline: Baseline,
    sha256: str,
    asked: Asked,
    period: Reporting,
    games: Sequence[Game],
    notes: tuple[str, ...],
) -> Verification:
    sums = _sums(asked, period, games)
    stage = Stage(baseline, asked.span, period.cells, period.prices)
    bases = tuple(_bases(baseline, period, asked, period.billed + sums.unlogged))
    saved = tuple(saved_by(games, baseline, asked, period, sums.judged))
    levers = levers_of([game.parts for game in games])
    spread = uncertainty(games, period.calibration, period.prices, asked.price_basis)
    with_baseline = [game.billed for game in games if game.name in baseline.workloads]
    return Verification(
        title=baseline.title,
        baseline_sha256=sha256,
        baseline_span=baseline.span,
        baseline_days=baseline.counted_days,
        span=asked.span,
        price_basis=asked.price_basis,
        volume_basis=asked.volume_basis,
        baseline_bill=stage.baseline_bill,
        build_up=build_up(stage, sums.adjusted, _steps(stage, period, sums, bases[0])),
        adjusted=sums.adjusted,
        actual=sums.actual,
        levers=levers,
        remark=remark_on(levers),
        saved=saved,
        unchanged=period.billed - sum(with_baseline, NOTHING),
        unlogged=sums.unlogged,
        blackout=period.blackout,
        born=tuple(sorted(set(period.cells) - set(baseline.workloads))),
        retired=tuple(sorted(set(baseline.workloads) - period.seen)),
        cash=None,
        no_cash=asked.cash.why if isinstance(asked.cash, Untold) else "",
        bases=bases,
        judged=sums.judged,
        own_cost=asked.measures.own_cost(asked.span),
        uncertainty=spread,
        savings_uncertainty=relative_uncertainty(spread, sums.adjusted - sums.actual, saved),
        grade=max((one.grade for one in saved if one.avoided), default="E2"),
        reconciliation=period.matched.verdict,
        signed=asked.signed,
        indicative=tuple(gate.name for gate in baseline.gates if gate.standing == "fail"),
        notes=notes,
        measures=asked.measures,
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """The two sides and what stands on both."""

    avoided: Pico
    """By levers and price basis, before adjustments."""
    adjusted: Pico
    actual: Pico
    unlogged: Pico
    judged: Judged | None


def _sums(asked: Asked, period: Reporting, games: Sequence[Game]) -> _Sums:
    unlogged = unlogged_bill(period)
    avoided = sum((game.avoided for game in games), NOTHING)
    actual = period.billed + unlogged
    judged = _judged(asked, actual + avoided)
    return _Sums(
        avoided=avoided,
        adjusted=actual + avoided + (judged.baseline if judged else NOTHING),
        actual=actual + (judged.actual if judged else NOTHING),
        unlogged=unlogged,
        judged=judged,
    )


def _steps(stage: Stage, period: Reporting, sums: _Sums, reporting: Basis) -> list[BuildUp]:
    """Give the steps of the build-up whose size is known without the bridge."""
    return [
        stage.fees(period.billed - token_bill(period)),
        BuildUp("price and volume basis", sums.avoided - reporting.avoided),
        BuildUp("billed and in no log", sums.unlogged),
        BuildUp("signed adjustments", sums.judged.baseline if sums.judged else NOTHING),
    ]


def _judged(asked: Asked, adjusted: Pico) -> Judged | None:
    if asked.register is None:
        return None
    return judge(asked.register, asked.span.first_day, asked.span.last_day, adjusted)


def _use(found: Verification, period: Reporting) -> Use:
    """What the period drew on a commit, and what it would have drawn more."""
    (own,) = (
        one for one in found.bases if (one.price, one.volume) == ("reporting", found.volume_basis)
    )
    judged = found.judged
    signed = judged.baseline - judged.actual if judged else NOTHING
    return Use(period.billed + period.blackout + found.unlogged, own.avoided + signed)


def _elsewhere(store: Store, logged: Logged, book: Book, baseline: Baseline, asked: Asked) -> Pico:
    """What was used on days that no period verifies."""
    period = read_period(store, logged, book, baseline, replace(asked, measures=Measures()))
    return period.billed + unlogged_bill(period)


def _bases(baseline: Baseline, period: Reporting, asked: Asked, actual: Pico) -> Iterator[Basis]:
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
    days = asked.span.count - blackout_days(game.name, asked)
    now = Fraction(sum(cell.requests for cell in game.made.cells), days)
    then = Fraction(game.made.before.requests, baseline.counted_days)
    return scale(volume, then, now, asked.growth)
