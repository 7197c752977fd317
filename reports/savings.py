"""The savings report: what the same traffic could have cost, and on what evidence."""

from dataclasses import dataclass

from analyzer.results import Savings
from reports import page
from reports.bridge import Bridge, bridge_of
from reports.changes import Changes, Models, changes_of, models_of
from reports.fidelity import Fidelity, fidelity_of
from reports.latency import Latency, latency_of
from reports.levers import Room, Switches, WorthTable, rooms_of, switches_of, worth_of
from reports.lost import Lost, lost_of
from reports.omitted import LedgerRows, Omitted, ledger_rows, omitted_of
from reports.opening import Opening, opening_of
from reports.paid import Matched, PaidRows, matched_of, paid_of
from reports.totals import Totals, totals_of
from reports.twin import as_json

__all__ = ["as_json", "render"]


@dataclass(frozen=True, slots=True)
class View:
    """Every printed figure of the page; templates only place them."""

    totals: Totals
    opening: Opening
    bridge: Bridge
    accepted_worth: WorthTable
    full_worth: WorthTable
    rooms: tuple[Room, ...]
    switches: Switches | None
    changes: Changes
    lost: Lost | None
    models: Models
    fidelity: Fidelity
    latency: Latency
    omitted: Omitted
    ledger: tuple[LedgerRows, ...]
    paid: PaidRows | None
    matched: Matched | None


def render(savings: Savings) -> str:
    """The report as one self-contained HTML file."""
    view = _view(savings)
    drawn = bool(view.fidelity.days or view.latency.charts)
    return page.render("savings.html", drawn=drawn, savings=savings, view=view)


def _view(savings: Savings) -> View:
    totals = totals_of(savings)
    return View(
        totals=totals,
        opening=opening_of(savings, totals),
        bridge=bridge_of(savings, totals),
        accepted_worth=worth_of(savings.accepted_levers, totals.saving),
        full_worth=worth_of(savings.levers, totals.joint),
        rooms=rooms_of(savings, totals),
        switches=switches_of(savings, totals),
        changes=changes_of(savings, totals),
        lost=lost_of(savings, totals),
        models=models_of(savings.models, totals.billed),
        fidelity=fidelity_of(savings, totals),
        latency=latency_of(savings.serving),
        omitted=omitted_of(savings, totals),
        ledger=ledger_rows(savings.ledger.reasons),
        paid=paid_of(savings, totals),
        matched=matched_of(savings, totals),
    )
