"""What a commit's size rests on, and what a careful reader must know of it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from analyzer.contracts.commit.history import Weeks
from analyzer.contracts.commit.offers_file import OffersFile
from analyzer.results.commit import LeverStep
from analyzer.results.register import Registered, Subject
from analyzer.savings import Study
from analyzer.words import counted

_FILE = "offers file"
GROWTH = "Growth of traffic a month"
PRICE_CUTS = "Chance a month that list prices are cut, and by how much"
BIRTHS = "New workloads a month, and their size"
ENDINGS = "Chance a month that a workload ends"
UNCOMMITTED = "Discount that holds without a commit"
INTEREST = "Interest a month, at which later payments count less"
BUYERS_OWN = "offers file, [selection]"
"""Source of what the buyer chooses by, which is no business of a vendor."""


def assumptions(file: OffersFile, steps: Sequence[LeverStep]) -> tuple[Registered, ...]:
    """Give the register: what the offers file says of the future, and what the replay does."""
    outlook, chosen = file.outlook, file.selection
    growth = f"{_percent(outlook.growth_monthly)} (sd {_percent(outlook.growth_spread)})"
    cuts = f"{_percent(outlook.price_cut_chance)} of {_percent(outlook.price_cut)} off"
    births = f"{float(outlook.births_monthly):.3g} of {_percent(outlook.birth_share)} of all use"
    off = _percent(file.uncommitted_discount_percentage)
    interest = _percent(chosen.monthly_discount_rate)
    future, choice = Subject("outlook"), Subject("selection")
    told = [
        (GROWTH, growth, _FILE, future),
        (PRICE_CUTS, cuts, _FILE, future),
        (BIRTHS, births, _FILE, future),
        (ENDINGS, _percent(outlook.retirement_chance), _FILE, future),
        (UNCOMMITTED, off, _FILE, Subject("prices")),
        (INTEREST, interest, BUYERS_OWN, choice),
        ("Weight of the dearest twentieth", _percent(chosen.tail_weight), BUYERS_OWN, choice),
        (
            "Largest accepted chance of a shortfall",
            _percent(chosen.most_short),
            BUYERS_OWN,
            choice,
        ),
    ]
    rows = [
        Registered(f"N{number}", statement, value, source, "assumed", subject)
        for number, (statement, value, source, subject) in enumerate(told, start=1)
    ]
    rows += [_step(number, step) for number, step in enumerate(steps, start=len(told) + 1)]
    return tuple(rows)


def rule(file: OffersFile) -> str:
    """Say how a commit is chosen, so that a reader can find it in the table of candidates."""
    chosen = file.selection
    weight = _percent(chosen.tail_weight)
    tail = f", plus {weight} of what CVaR 95 lies above it" if chosen.tail_weight else ""
    return (
        f"the least expected cost, present value{tail}, among commits that fall short in at most"
        f" {_percent(chosen.most_short)} of the terms"
    )


def warnings(study: Study, weeks: Weeks) -> Iterator[str]:
    """Say what the demand leaves out."""
    yield (
        f"Demand is drawn from {counted(weeks.count, 'whole week')}: a season that they do not show"
        " is in no path."
    )
    if weeks.dropped:
        yield (
            f"{counted(weeks.dropped, 'priced call')} outside these weeks is in no figure."
            if weeks.dropped == 1
            else f"{counted(weeks.dropped, 'priced call')} outside these weeks are in no figure."
        )
    for one in study.billed.unpriced():
        yield f"Left out, no price: {one.what} ({counted(one.requests, 'request')})."


def _step(number: int, step: LeverStep) -> Registered:
    days = (
        f"{step.earliest} to {step.latest}" if step.earliest < step.latest else f"{step.earliest}"
    )
    source = f"{_FILE}, [[adoption]]" if step.named else "no [[adoption]]: live as the term starts"
    return Registered(
        id=f"N{number}",
        statement=f"{step.lever} of {step.workload}, share of its use ({step.grade}), live {days}",
        value=f"{step.share:.1%} (sd {step.share_sd:.1%})",
        source=f"replay; day: {source}",
        mark="replayed",
        subject=Subject("lever", step.workload, step.lever),
    )


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.3g} %"
