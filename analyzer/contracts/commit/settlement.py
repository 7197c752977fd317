"""What a contract costs on one path of use, month by month, to the last digit.

Use is list-price USD a month. Each interval (a year, or the whole term) has a commit, invoiced as
it is used and topped up at the interval's end:

1. Use is worth (1 - discount) while it draws on credit or on the commit, (1 - overage discount) of
   list beyond both.
2. A month invoiced below the monthly minimum is topped up to it. The top-up counts as use of the
   commit, so the minimum ends once the commit is met: a minimum brings payment forward and takes
   away the chance to catch up later. (A minimum that outlasts the commit is an offer by rate.)
   Where part is paid upfront, the minimum is an instalment of the rest: paid ahead like the first
   part, lost only with the commit, and over once the whole commit is paid.
3. What is unused at the interval's end is invoiced then, less the part of it that is refunded.
   Money paid upfront is used before any more is invoiced.
4. A share of the unused, paid commit is carried as credit for some months. Older credit burns
   before newer. It burns before the interval's own commit ("first") or only beyond it ("last").
   Use of credit was invoiced once, and so counts towards no later commit and no minimum. The last
   interval carries nothing: whatever a renewal might save is not counted. A clause by which credit
   also counts towards the next commit would be worth more than either; it is not modelled.
5. With price protection a cut of list prices lowers the months of commit still to come in the same
   proportion: the commit is the mean over its months of commit times that month's price index.
   A rise leaves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from analyzer.contracts.commit.terms import Carry, Terms

Amount = Fraction | int


@dataclass(frozen=True, slots=True)
class Month:
    """What one month's invoice holds, in USD; the parts sum to `cash`."""

    upfront: Fraction
    use: Fraction
    """Use that draws on the commit, less what was paid upfront."""
    overage: Fraction
    top_up: Fraction
    shortfall: Fraction
    """What is left of the commit to invoice as the interval ends."""
    refund: Fraction
    """What is paid back of the unused commit: 0 or less."""
    from_credit: Fraction
    """Use paid from carried credit: not part of the cash."""

    @property
    def cash(self) -> Fraction:
        """USD to pay for the month."""
        return self.upfront + self.use + self.overage + self.top_up + self.shortfall + self.refund


@dataclass(frozen=True, slots=True)
class Settlement:
    """A path settled: each month, and what each interval left unused."""

    months: tuple[Month, ...]
    unused: tuple[Fraction, ...]
    """Commit of each interval that no use and no top-up drew."""
    idle: tuple[Fraction, ...]
    """Commit of each interval that no use drew: the unused, and what topped months up."""
    expired: Fraction
    """Credit that was never used."""

    @property
    def cash(self) -> tuple[Fraction, ...]:
        """USD to pay, by month."""
        return tuple(month.cash for month in self.months)

    @property
    def total(self) -> Fraction:
        """USD over the term."""
        return sum(self.cash, Fraction(0))

    def present_value(self, monthly_rate: Amount) -> Fraction:
        """USD of today, every month's payment, upfront ones too, discounted from its end."""
        factor = 1 / (1 + Fraction(monthly_rate))
        return sum(
            (paid * factor**number for number, paid in enumerate(self.cash, start=1)), Fraction(0)
        )


def settle(
    path: Sequence[Amount], terms: Terms, price_index: Sequence[Amount] | None = None
) -> Settlement:
    """Settle list-price use (USD a month); the index is 1 at signing and falls with list prices."""
    index = [min(Fraction(1), Fraction(i)) for i in price_index or [1] * len(path)]
    if len(path) != terms.months or len(index) != terms.months:
        raise ValueError(f"a path of {terms.months} months is needed, not {len(path)}")
    state = _State(terms.carry)
    length = terms.interval_months
    for place in range(len(terms.commits)):
        span = slice(place * length, (place + 1) * length)
        _interval(state, terms, place, [Fraction(u) for u in path[span]], index[span])
    expired = sum((lot.left for lot in state.lots), state.expired)
    return Settlement(tuple(state.months), tuple(state.unused), _idle(state, terms), expired)


def _idle(state: "_State", terms: Terms) -> tuple[Fraction, ...]:
    if terms.upfront_share:
        return tuple(state.unused)
    length, topped = terms.interval_months, [month.top_up for month in state.months]
    return tuple(
        unused + sum(topped[place * length : (place + 1) * length], Fraction(0))
        for place, unused in enumerate(state.unused)
    )


@dataclass(slots=True)
class _Lot:
    left: Fraction
    last_month: int


@dataclass(slots=True)
class _State:
    carry: Carry | None
    lots: list[_Lot] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    unused: list[Fraction] = field(default_factory=list)
    expired: Fraction = Fraction(0)

    def burn(self, wanted: Fraction) -> Fraction:
        """Draw on credit that lives, oldest first; give what was drawn."""
        drawn = Fraction(0)
        for lot in self.lots:
            part = min(lot.left, wanted - drawn)
            lot.left -= part
            drawn += part
        return drawn

    def expire(self) -> None:
        """Drop credit whose last month is over."""
        now = len(self.months)
        self.expired += sum(lot.left for lot in self.lots if lot.last_month < now)
        self.lots = [lot for lot in self.lots if lot.last_month >= now]


def _interval(
    state: _State, terms: Terms, place: int, path: list[Fraction], index: list[Fraction]
) -> None:
    commit, length = terms.commits[place], terms.interval_months
    upfront_share = terms.upfront_share
    upfront = paid_ahead = upfront_share * commit
    fulfilled = unused = shortfall = refund = Fraction(0)
    for month, listed in enumerate(path):
        state.expire()
        due = _due(terms, commit, index, month)
        room = max(due - fulfilled, Fraction(0))
        own, credit, overage = _drawn(state, terms, place, listed, room)
        ahead = min(own, paid_ahead)
        paid_ahead -= ahead
        lacking = max(terms.monthly_minimum - (own - ahead) - overage, Fraction(0))
        top_up = min(lacking, room - own - paid_ahead)
        if upfront_share:
            paid_ahead, fulfilled = paid_ahead + top_up, fulfilled + own
        else:
            fulfilled += own + top_up
        if month == length - 1:
            unused = max(due - fulfilled, Fraction(0))
            shortfall, refund = unused - paid_ahead, -terms.refund * unused
        state.months.append(Month(upfront, own - ahead, overage, top_up, shortfall, refund, credit))
        upfront = Fraction(0)
    state.unused.append(unused)
    if state.carry and place + 1 < len(terms.commits):
        last = len(state.months) + state.carry.expiry_months - 1
        state.lots.append(_Lot(state.carry.share * state.unused[-1], last))


def _due(terms: Terms, commit: Fraction, index: list[Fraction], month: int) -> Fraction:
    """Commit of the interval as it stands in a month: months to come at today's price index."""
    if not terms.price_protected:
        return commit
    length = terms.interval_months
    known = sum(index[: month + 1]) + (length - month - 1) * index[month]
    return commit * known / length


def _drawn(
    state: _State, terms: Terms, place: int, listed: Fraction, room: Fraction
) -> tuple[Fraction, Fraction, Fraction]:
    """Split a month's use into commit, credit and overage, each as invoiced."""
    kept = 1 - terms.discounts[place]
    net = kept * listed
    if terms.carry and terms.carry.burns == "last":
        own = min(net, room)
        credit = state.burn(net - own)
    else:
        credit = state.burn(net)
        own = min(net - credit, room)
    return own, credit, (1 - terms.overage_discounts[place]) * (net - credit - own) / kept
