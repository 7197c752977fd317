"""What was saved, on what evidence, and what is not counted."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction

from analyzer.attribution import Attribution
from analyzer.contracts.baseline import Baseline
from analyzer.contracts.register import Judged
from analyzer.contracts.verification.asking import Asked
from analyzer.contracts.verification.counterfactual import REPLAYED, UNIT_RATE
from analyzer.contracts.verification.games import Game
from analyzer.contracts.verification.records import LeverSaving, Saved
from analyzer.contracts.verification.reporting import Reporting
from analyzer.prices import Book
from analyzer.results import LEVERS, NOTHING, Grade, Lever, Pico

_AT_90 = Fraction(1645, 1000)


def saved_by(
    games: Sequence[Game],
    baseline: Baseline,
    asked: Asked,
    period: Reporting,
    judged: Judged | None,
) -> Iterator[Saved]:
    """Give what each lever, the price basis and signed adjustments saved, by workload."""
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


def levers_of(games: Sequence[Attribution[Lever]]) -> tuple[LeverSaving, ...]:
    """Add each lever up over all workloads."""
    sums: dict[Lever, list[Pico]] = {lever: [NOTHING] * 4 for lever in LEVERS}
    for game in games:
        for part in game.parts:
            new = (part.in_order, part.fair, part.first_in, part.last_in)
            sums[part.cause] = [a + b for a, b in zip(sums[part.cause], new, strict=True)]
    return tuple(LeverSaving(lever, *values) for lever, values in sums.items())


def remark_on(levers: Sequence[LeverSaving]) -> str:
    """Say where first-in and last-in values do not add up; empty where they do."""
    total = sum((one.in_order for one in levers), NOTHING)
    alone = sum((one.first_in for one in levers), NOTHING)
    last = sum((one.last_in for one in levers), NOTHING)
    if alone == total == last:
        return ""
    return "not additive: what each is worth alone, or last, does not add up to the total"


def relative_uncertainty(spread: Pico, avoided: Pico, saved: Sequence[Saved]) -> Fraction | None:
    """Half-width at 90 % as a share; None where a weak method's error is not known."""
    if avoided <= 0 or any(one.method in (UNIT_RATE, REPLAYED) for one in saved):
        return None
    return _AT_90 * spread / avoided


def notes_on(
    games: Sequence[Game], baseline: Baseline, period: Reporting, book: Book
) -> Iterator[str]:
    """Say what is not counted, on what weak evidence, and what lies outside."""
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
