"""The gainshare page: every printed figure first, then the templates that place them."""

from dataclasses import dataclass

from analyzer.results import Lever
from analyzer.results.gainshare import Gainshare, Verified
from reports import page
from reports.gainshare.fee import FeeRows, TrueUpRow, fee_of, true_up_of
from reports.gainshare.frozen import FrozenRows, frozen_rows
from reports.gainshare.opening import Opening, opening_of
from reports.gainshare.verified import Adjusted, VerifiedRows, entry_rows, verified_rows
from reports.gainshare.words import LEVER_RULES, days_in_words
from reports.numbers import CENTS, percent, unit_for


@dataclass(frozen=True, slots=True)
class View:
    """Every printed figure of the page."""

    opening: Opening
    frozen: FrozenRows
    example: FeeRows | None
    example_share: str
    limit: str
    """Most uncertainty for a point basis."""
    period: Verified | None
    """The last one; earlier ones stand in the true-up."""
    verified: VerifiedRows | None
    entered: tuple[Adjusted, ...]
    """The register's entries of earlier periods."""
    fee: FeeRows | None
    earlier: tuple[FeeRows, ...]
    """Statements before the last."""
    true_up: tuple[TrueUpRow, ...]
    term: str
    levers: tuple[tuple[Lever, str, str], ...]
    """Lever, what the baseline's setting is taken to be, and the evidence."""


def render(found: Gainshare) -> str:
    """The page as one self-contained HTML file; it needs no script to be read."""
    return page.render("gainshare/gainshare.html", drawn=False, found=found, view=_view(found))


def _view(found: Gainshare) -> View:
    last = found.periods[-1] if found.periods else None
    unit = unit_for(max(last.adjusted, last.baseline_bill)) if last else None
    return View(
        opening=opening_of(found),
        frozen=frozen_rows(found.frozen),
        example=fee_of(found.fee_rules.example) if found.fee_rules else None,
        example_share=percent(found.fee_rules.example_share) if found.fee_rules else "",
        limit=percent(found.fee_rules.most_uncertainty) if found.fee_rules else "",
        period=last,
        verified=verified_rows(last, unit) if last and unit else None,
        entered=_entered(found),
        fee=fee_of(found.statements[-1]) if found.statements else None,
        earlier=tuple(map(fee_of, found.statements[:-1])),
        true_up=true_up_of(found.statements),
        term=days_in_words(*found.term) if found.term else "",
        levers=LEVER_RULES,
    )


def _entered(found: Gainshare) -> tuple[Adjusted, ...]:
    earlier = (one for period in found.periods[:-1] for one in period.entries)
    return entry_rows(tuple(earlier), CENTS)
