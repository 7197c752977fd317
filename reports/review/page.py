"""The review as one page: every printed figure first, then the templates that place them."""

from dataclasses import dataclass

from analyzer.results.review import Review
from reports import page
from reports.numbers import Unit, unit_for
from reports.omitted import LedgerRows, ledger_rows
from reports.paid import Matched, match_rows
from reports.registers import Registers, registers_of
from reports.review.basis import Basis, basis_of
from reports.review.crossing import Waterfall, waterfall_of
from reports.review.landing import Burning, Landing, burning_of, landing_of
from reports.review.movers import MoverRows, movers_of
from reports.review.opening import Opening, opening_of
from reports.review.progress import ActionRow, ProgressRows, actions_of, progress_of
from reports.review.units import UnitRows, units_of
from reports.review.watching import WatchRows, watching_of


@dataclass(frozen=True, slots=True)
class View:
    """Every printed figure of the page."""

    unit: Unit
    opening: Opening
    waterfall: Waterfall | None
    movers: MoverRows
    units: UnitRows
    watch: WatchRows
    progress: ProgressRows
    landing: Landing | None
    burning: Burning | None
    actions: tuple[ActionRow, ...]
    basis: Basis
    ledger: tuple[LedgerRows, ...]
    matched: Matched | None
    registers: Registers


def render(review: Review) -> str:
    """The review as one self-contained HTML file; it needs no script to be read."""
    return page.render("review/review.html", drawn=False, review=review, view=_view(review))


def _view(review: Review) -> View:
    crossing = review.crossing
    unit = unit_for(max(review.units.cost, crossing.before if crossing else review.units.cost))
    waterfall = waterfall_of(crossing, unit)
    return View(
        unit=unit,
        opening=opening_of(review, unit, waterfall),
        waterfall=waterfall,
        movers=movers_of(review, unit),
        units=units_of(review),
        watch=watching_of(review, unit),
        progress=progress_of(review.progress),
        landing=landing_of(review.forecast),
        burning=burning_of(review.burn_down),
        actions=actions_of(review),
        basis=basis_of(review, unit),
        ledger=ledger_rows(review.ledger.reasons),
        matched=match_rows(review.reconciliation, unit),
        registers=registers_of(review.assumptions, review.adjustments, unit),
    )
