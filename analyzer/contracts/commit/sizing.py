"""From a store, a policy and an offers file to everything that sizing a commit prints."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np

from analyzer.contracts.commit import recent
from analyzer.contracts.commit.adopting import Adopted, adopt, plan
from analyzer.contracts.commit.asks import asks
from analyzer.contracts.commit.candidates import Market, cents, estimate, market
from analyzer.contracts.commit.demand import Demand, Floats, Step, Term, paths
from analyzer.contracts.commit.facts import offered
from analyzer.contracts.commit.grounds import assumptions, rule, warnings
from analyzer.contracts.commit.history import PICO_PER_USD, WEEK, Weeks, weeks_of
from analyzer.contracts.commit.loads import Timed, loads, timed, unseen_tiers
from analyzer.contracts.commit.offers import PoolOffer, RateOffer
from analyzer.contracts.commit.offers_file import OffersFile
from analyzer.contracts.commit.outlook import Outlook
from analyzer.contracts.commit.rate_term import size_term
from analyzer.contracts.commit.recent import recent_use
from analyzer.contracts.commit.registers import weighed
from analyzer.contracts.commit.risks import sensitivity, stresses
from analyzer.contracts.commit.size import look_back, size_pool, size_rate
from analyzer.contracts.commit.walking import alternative, spared_monthly, walk_away
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.results.commit import (
    MonthNeed,
    Negotiation,
    Sensitivity,
    SizedOffer,
    SizedRate,
    Stress,
    WeekUse,
    WorkloadUse,
)
from analyzer.results.sizing import LookBack
from analyzer.savings import Question, Study, prepare, reconciled
from analyzer.savings.manifest import METHOD, manifest
from analyzer.savings.proof import prove
from analyzer.savings.study import Say, settled
from analyzer.store import Store

LEAST_PATHS = 100
"""Fewer paths hold fewer than five in their dearest twentieth: no CVaR95 worth the name."""


MOST_PATHS = 200_000
"""More would fill the memory, and halve an error that is small already."""
_SEEDS = 2**64
MOST_DAYS_AHEAD = 731
"""Two years: demand is not drawn for a term that starts later."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How many paths, and from which seed."""

    paths: int = 10_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Room:
    """What every offer of one question shares."""

    weeks: Weeks
    adopted: Adopted
    file: OffersFile
    drawing: Drawing

    @property
    def rates(self) -> tuple[float, float, float]:
        """Monthly interest, tail weight, most short."""
        chosen = self.file.selection
        return (
            float(chosen.monthly_discount_rate),
            float(chosen.tail_weight),
            float(chosen.most_short),
        )

    def demand(
        self, offer: PoolOffer | RateOffer, outlook: Outlook, steps: Sequence[Step]
    ) -> Demand:
        """Draw the term of an offer."""
        term = Term(offer.period_start, offer.period_end)
        drawing = self.drawing
        return paths(self.weeks.history, term, outlook, steps, drawing.paths, drawing.seed)

    def market(self, demand: Demand) -> Market:
        """Give the market of what the levers leave."""
        off = self.file.uncommitted_discount_percentage
        return market(demand, demand.after, self.rates, off)

    def draw(self, offer: PoolOffer, outlook: Outlook, steps: Sequence[Step]) -> Market:
        """Draw the term of an offer and give its market."""
        return self.market(self.demand(offer, outlook, steps))


def negotiate(
    store: Store,
    file: OffersFile,
    question: Question,
    drawing: Drawing,
    say: Say = lambda _text: None,
) -> Negotiation:
    """Size every offer on the traffic of a store as the accepted levers would leave it.

    Raises:
        ContractError: under eight whole weeks, a term too far from them, an adoption that names no
            lever of the policy, or too few or too many paths.
        InputError: the store holds no call with a time, or none with a price.
    """
    if not LEAST_PATHS <= drawing.paths <= MOST_PATHS or not 0 <= drawing.seed < _SEEDS:
        raise ContractError(
            f"--paths {drawing.paths} --seed {drawing.seed}: give at least {LEAST_PATHS} paths, at"
            f" most {MOST_PATHS:,}, and a seed of 0 or more, below 2^64"
        )
    book = Book.load()
    prepared = prepare(store, book, question, say)
    weeks = weeks_of(prepared)
    _check_terms(file, weeks)
    proof = prove(store, book, prepared, say)
    study = settled(proof.study, question, say)
    tested = proof.calibration.back_test
    apart = (tested.between_lives if tested else None) or Fraction(0)
    start = min(offer.period_start for offer in file.contract_commitment)
    planned, unaccepted = plan(study.policy, study.scene, file.adoption, start)
    say("replaying the levers one on top of the other")
    adopted = adopt(planned, study.policy, study.scene, weeks, apart)
    room = _Room(weeks, adopted, file, drawing)
    say("sizing the offers")
    pools = [one for one in file.contract_commitment if isinstance(one, PoolOffer)]
    rated = [one for one in file.contract_commitment if isinstance(one, RateOffer)]
    drawn = [room.demand(one, file.outlook, adopted.drawn) for one in pools]
    apart_sized = [_sized(one, demand, room) for one, demand in zip(pools, drawn, strict=True)]
    sized = tuple(_walked(pools, drawn, apart_sized, room))
    used = timed(study, adopted.policy, weeks) if rated else None
    best, moved = _recommended(sized, file), recent.trend(weeks)
    offer = next((one for one in pools if best and one.id == best.offered.id), None)
    found = Negotiation(
        title=question.title,
        copy="own",
        first_day=weeks.first_day,
        last_day=weeks.last_day,
        prices=study.price_label,
        price_book=f"list prices, book of {book.version}",
        weeks=tuple(_weeks(weeks)),
        workloads=tuple(_workloads(study, weeks)),
        trend=moved,
        steps=adopted.steps,
        left_out=unaccepted + adopted.left_out,
        offers=sized,
        rates=tuple(_rates(rated, used, room)) if used else (),
        recommended=best.offered.id if best else None,
        sensitivity=_sensitivity(offer, best, room),
        stresses=tuple(_stresses(pools, drawn, sized, room)),
        asks=asks(best or (sized[0] if sized else None)),
        rule=rule(file),
        assumptions=assumptions(file, adopted.steps),
        adjustments=None,
        warnings=(
            proof.calibration.note,
            *warnings(study, weeks),
            *(unseen_tiers(rated, used) if used else ()),
            *recent.warnings(moved, file.outlook, best.recent if best else None),
        ),
        ledger=store.ledger(),
        reconciliation=reconciled(store, study, question),
        paths=drawing.paths,
        seed=drawing.seed,
        policy_name=study.policy.name or "unnamed policy",
        method=METHOD,
        manifest=_manifest(store, book, study, room),
    )
    return weighed(found, file.uncommitted_discount_percentage)


def _check_terms(file: OffersFile, weeks: Weeks) -> None:
    """Refuse terms that lie too far from the weeks that demand is drawn from."""
    for place, offer in enumerate(file.contract_commitment):
        at = f"contract_commitment[{place}]"
        if offer.period_end <= weeks.last_day:
            raise ContractError(
                f"{at}.period_end: {offer.period_end} is not after the log's last day,"
                f" {weeks.last_day}: there is nothing left to commit to"
            )
        if (offer.period_start - weeks.last_day).days > MOST_DAYS_AHEAD:
            raise ContractError(
                f"{at}.period_start: {offer.period_start} is more than two years after the log's"
                f" last day, {weeks.last_day}: size it on a later log"
            )


def _sized(offer: PoolOffer, demand: Demand, room: _Room) -> SizedOffer:
    steps, file = room.adopted.drawn, room.file
    found = size_pool(offer, demand, steps, file.selection, file.uncommitted_discount_percentage)
    term = demand.after.sum(axis=0)
    low, _, high = _quantiles(term)
    discount = (
        found.chosen.discount if found.chosen.commit_usd else offer.tier[0].discount_percentage
    )
    return SizedOffer(
        offered=offered(offer),
        interval_months=offer.interval_months,
        counts_at=offer.counts_at,
        need=tuple(_need(demand)),
        need_before=estimate(demand.before.sum(axis=0)),
        need_after=estimate(term),
        need_p10_cents=low,
        need_p90_cents=high,
        commit_usd=found.chosen.commit_usd,
        discount=found.chosen.discount,
        sizing=found,
        look_back=_look_back(room.weeks, discount),
        look_back_discount=discount,
        recent=recent_use(offer, found.chosen.commit_usd, demand, room.weeks, file.outlook),
    )


def _walked(
    offers: Sequence[PoolOffer],
    drawn: Sequence[Demand],
    sized: Sequence[SizedOffer],
    room: _Room,
) -> Iterator[SizedOffer]:
    """Hold each offer against the best of the others."""
    weight = room.file.selection.tail_weight
    for offer, demand, one in zip(offers, drawn, sized, strict=True):
        assert one.sizing is not None  # noqa: S101 - the vendor's copy is made later
        other = alternative(one, sized, weight)
        walk = walk_away(offer, one.sizing, room.market(demand), other)
        yield replace(one, sizing=replace(one.sizing, walk_away=walk))


def _look_back(weeks: Weeks, discount: Fraction) -> LookBack:
    """Look-back tools know no clause: overage costs list price to them."""
    days = [Fraction(pico, PICO_PER_USD) for pico in weeks.days]
    return look_back(days, discount, Fraction(0))


def _need(demand: Demand) -> Iterator[MonthNeed]:
    for place, month in enumerate(demand.months):
        before = _quantiles(demand.before[place])
        yield MonthNeed(month, *before, *_quantiles(demand.after[place]))


def _quantiles(use: Floats) -> tuple[int, int, int]:
    p10, p50, p90 = np.quantile(use, (0.1, 0.5, 0.9))
    return cents(p10), cents(p50), cents(p90)


def _recommended(sized: Sequence[SizedOffer], file: OffersFile) -> SizedOffer | None:
    """Give the offer that spares most a month of its term, the tail weighed in."""

    def monthly(one: SizedOffer) -> Fraction:
        return spared_monthly(one, file.selection.tail_weight)

    signed = [one for one in sized if one.commit_usd and monthly(one) > 0]
    return max(signed, key=monthly, default=None)


def _rates(offers: Sequence[RateOffer], used: Timed, room: _Room) -> Iterator[SizedRate]:
    file, weeks = room.file, room.weeks
    for offer in offers:
        told = loads(offer, used, weeks)
        sizing = size_rate(offer, told, file.uncommitted_discount_percentage)
        demand = room.demand(offer, file.outlook, room.adopted.drawn)
        term = size_term(offer, told, demand, _daily_after(room), room.market(demand))
        yield SizedRate(
            offered=offered(offer),
            minutes=offer.minutes,
            eligible=offer.eligible_service_tiers,
            sizing=replace(sizing, term=term),
            duration=sizing.duration,
            rate=sizing.rate,
        )


def _daily_after(room: _Room) -> Fraction:
    """Use of a mean day of the history as all steps would leave it, USD."""
    saved = sum((step.saved_usd for step in room.adopted.steps), Fraction(0))
    return (Fraction(sum(room.weeks.days), PICO_PER_USD) - saved) / len(room.weeks.days)


def _sensitivity(
    offer: PoolOffer | None, best: SizedOffer | None, room: _Room
) -> tuple[Sensitivity, ...]:
    if offer is None or best is None:
        return ()
    draw = partial(room.draw, offer)
    return sensitivity(offer, best.commit_usd, room.file.outlook, room.adopted.drawn, draw)


def _stresses(
    offers: Sequence[PoolOffer],
    drawn: Sequence[Demand],
    sized: Sequence[SizedOffer],
    room: _Room,
) -> Iterator[Stress]:
    for offer, demand, one in zip(offers, drawn, sized, strict=True):
        if one.commit_usd:
            yield from stresses(one, offer, demand, room.market(demand))


def _weeks(weeks: Weeks) -> Iterator[WeekUse]:
    first = weeks.first_day.toordinal()
    for place in range(weeks.count):
        pico = sum(told[place] for told in weeks.use.values())
        yield WeekUse(
            type(weeks.first_day).fromordinal(first + place * WEEK), Fraction(pico, PICO_PER_USD)
        )


def _workloads(study: Study, weeks: Weeks) -> Iterator[WorkloadUse]:
    labels = {one.name: one.label for one in study.workloads}
    for name, told in weeks.use.items():
        yield WorkloadUse(name, labels[name], Fraction(sum(told), PICO_PER_USD))


def _manifest(store: Store, book: Book, study: Study, room: _Room) -> str:
    """Hash what a savings report does, and the offers with the draw."""
    traffic = manifest(store.sources(), book.sha256, study.policy.sha256, study.price_label)
    content = [traffic, repr(room.file), room.drawing.paths, room.drawing.seed]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
