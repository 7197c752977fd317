"""A sized commit as lines of text."""

from fractions import Fraction

import click

from analyzer.cli import printing
from analyzer.results.commit import Negotiation, SizedOffer, SizedRate
from analyzer.results.sizing import Candidate, Estimate, RateTerm
from analyzer.words import counted

_PICO_PER_CENT = 10**10


def say(found: Negotiation) -> None:
    """Print the answer first, then what each offer, clause and lever is worth."""
    click.echo(_answer(found))
    rate = found.better_rate
    if rate is not None:
        click.echo(
            printing.plain(
                f"the rate {rate.offered.id} is expected to spare more each month; pools and rates "
                "are sized apart and would share the same traffic: do not sign both on these sizes"
            )
        )
    billed = sum((week.usd for week in found.weeks), Fraction(0))
    click.echo(
        f"drawn from  {counted(len(found.weeks), 'week')}, {found.first_day} to {found.last_day}, "
        f"{_usd(billed)} at list prices of {found.prices}; "
        f"{found.paths:,} paths, seed {found.seed}"
    )
    _say_steps(found)
    _say_offers(found)
    for offer in found.offers:
        _say_offer(offer)
    for rate in found.rates:
        _say_rate(rate)
    _say_risks(found)
    for note in found.warnings:
        click.echo(printing.plain(f"note: {note}"))


def _answer(found: Negotiation) -> str:
    best = found.best
    if best is None or best.sizing is None:
        return (
            "recommended: no commit; none of the pools is expected to cost less than paying by use"
        )
    return printing.plain(
        f"recommended: {best.offered.id}, {_usd(best.commit_usd)} an interval of "
        f"{counted(best.interval_months, 'month')} at {_share(best.discount)} off; "
        f"spares {_cents(best.gain_cents or 0)} over {counted(best.offered.months, 'month')}"
    )


def _say_steps(found: Negotiation) -> None:
    rows = [
        [
            f"{step.lever} of {step.workload}",
            step.grade,
            f"{step.share:.1%}",
            f"{step.share_sd:.1%}",
            _usd(step.saved_usd),
            f"{_usd(step.least_usd)} to {_usd(step.most_usd)}",
            f"{step.earliest} to {step.latest}" if step.named else "as the first term starts",
        ]
        for step in found.steps
    ]
    heads = ["lever", "grade", "share", "sd", "saved in these weeks", "range", "live"]
    if rows:
        printing.table("levers counted on, each on top of those above", heads, rows)
    else:
        click.echo("no lever is counted on")
    for left in found.left_out:
        click.echo(printing.plain(f"left out: {left.lever} of {left.workload}, {left.why}"))


def _say_offers(found: Negotiation) -> None:
    heads = ["present value", "commit", "off", "expected", "error", "P10", "P50", "P90", "CVaR95",
             "short", "used"]  # fmt: skip
    rows = []
    for offer in found.offers:
        if offer.sizing is not None:
            rows.append(_row(f"{offer.offered.id}, no commit", offer.sizing.uncommitted))
            rows.append(_row(offer.offered.id, offer.sizing.chosen))
    if rows:
        printing.table("pools, each over its own term", heads, rows)


def _row(name: str, one: Candidate) -> list[str]:
    used = one.utilisation
    return [
        name,
        _usd(one.commit_usd),
        _share(one.discount),
        _cents(one.cost.cents),
        _cents(one.cost.error_cents),
        _cents(one.p10_cents),
        _cents(one.p50_cents),
        _cents(one.p90_cents),
        _cents(one.cvar95_cents),
        _share(one.short_share),
        "none" if used is None else _share(used),
    ]


def _say_offer(offer: SizedOffer) -> None:
    found, back = offer.sizing, offer.look_back
    if found is None:
        return
    walk, first = found.walk_away, found.optimise_first
    least = "none" if walk.least_discount is None else _share(walk.least_discount)
    largest = "none" if walk.largest_commit_usd is None else _usd(walk.largest_commit_usd)
    click.echo(printing.plain(f"{offer.offered.id}: {offer.offered.description}"))
    against = "paying by use" if walk.against is None else walk.against
    click.echo(
        printing.plain(
            f"  walk away below {least} off at this commit, where {against} is as good;"
            f" largest commit that beats it {largest}"
        )
    )
    if walk.against is not None:
        none = walk.least_discount_against_none
        click.echo(f"  against no commit: {'none' if none is None else _share(none)} off")
    gap = _cents(found.gap_cents)
    click.echo(f"  no commit that is short rarely enough is cheaper by more than {gap}")
    if offer.recent is not None and offer.recent.short_cents:
        fall = offer.recent
        click.echo(
            f"  recent drop: at the level of the last {fall.days} days ({fall.level:.0%} of the "
            f"drawn weeks) {_cents(fall.short_cents)} of the commit would go unused"
        )
    click.echo(f"  knowing the term's use in advance would spare {_known(found.value_of_waiting)}")
    drop = " (a drop: take the lower)" if back.dropped else ""
    click.echo(
        f"  look-back, use a day at list: stable {_usd(back.stable)}, "
        f"optimal {_usd(back.optimal)}, last three days {_usd(back.recent)}{drop}"
    )
    click.echo(
        f"  optimise first: sized before the levers {_usd(first.sized_before_usd)} costs "
        f"{_cents(first.cost_sized_before.cents)}, after them {_usd(first.sized_after_usd)} costs "
        f"{_cents(first.cost_sized_after.cents)}; use fills the tier of "
        f"{_share(first.tier_before)} off before, {_share(first.tier_after)} after"
    )
    clauses = [
        [each.clause, each.offered, each.changed, _known(each.worth),
         _cents(each.worth_p10_cents), _cents(each.worth_p90_cents)]
        for each in found.clauses
    ]  # fmt: skip
    heads = ["  clause", "offered", "changed to", "worth", "P10", "P90"]
    printing.table("", heads, [[f"  {row[0]}", *row[1:]] for row in clauses])
    levers = [
        [
            f"  {each.lever} of {each.workload}",
            _usd(each.commit_usd),
            _known(each.total),
            _cents(each.economic.cents),
        ]
        for each in found.levers
    ]
    if levers:
        printing.table("", ["  lever", "under a commit of", "spares in cash", "economic"], levers)


def _say_rate(rate: SizedRate) -> None:
    found = rate.sizing
    if found is None:
        return
    click.echo(printing.plain(f"{rate.offered.id}: {rate.offered.description}"))
    click.echo(
        f"  on the history: reserve {_usd(found.rate)} of list-price use each {rate.interval}, "
        f"{_usd(found.commit_usd)} as invoiced at {_share(found.discount)} off; "
        f"on {found.intervals:,} intervals of these weeks {_usd(found.cost)} instead of "
        f"{_usd(found.unreserved)}"
    )
    if found.term is not None:
        _say_term(found.term, rate.interval)


def _say_term(term: RateTerm, interval: str) -> None:
    click.echo(
        f"  over the term: reserve {_usd(term.rate)} of list-price use each {interval}, "
        f"{_usd(term.commit_usd)} as invoiced at {_share(term.discount)} off; "
        f"{_known(term.cost)} expected, P10 {_cents(term.p10_cents)}, "
        f"P50 {_cents(term.p50_cents)}, P90 {_cents(term.p90_cents)}, "
        f"instead of {_known(term.uncommitted)}; "
        f"dearer than none on {_share(term.dearer_share)} of the paths"
    )


def _say_risks(found: Negotiation) -> None:
    moved = [
        [one.what, one.used, one.low, _signed(one.low_cents), one.high, _signed(one.high_cents)]
        for one in found.sensitivity
    ]
    heads = ["assumption", "used", "low", "cost", "high", "cost"]
    if moved:
        printing.table("what one assumption does to the expected cost", heads, moved)
    for one in found.stresses:
        click.echo(
            printing.plain(
                f"{one.offer_id}: {one.risk}: unused {_cents(one.unused_cents)}, "
                f"{_cents(one.unused_before_cents)} without; {one.effect}"
            )
        )


def _known(one: Estimate) -> str:
    return f"{_cents(one.cents)} (error {_cents(one.error_cents)})"


def _cents(cents: int) -> str:
    return printing.dollars(Fraction(cents * _PICO_PER_CENT))


def _signed(cents: int) -> str:
    return f"{'+' if cents > 0 else ''}{_cents(cents)}"


def _usd(usd: Fraction) -> str:
    return printing.dollars(usd * 100 * _PICO_PER_CENT)


def _share(share: Fraction) -> str:
    return f"{float(share):.2%}"
