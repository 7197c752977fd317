"""What a vendor offers and what the buyer expects: the tables of `offers.toml`, checked.

A table `[[contract_commitment]]` and its key together name a column of the FOCUS 1.4 contract
commitment dataset: its `period_start` is ContractCommitmentPeriodStart. Ends of periods are
exclusive, as there. Keys below a blank line in a table are clauses that FOCUS has no column for.
No vendor's discount is known to this program: every number comes from the file.
"""

import datetime as dt
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from analyzer.contracts.commit.months import month_starts
from analyzer.contracts.commit.numbers import Discount, Money, PartShare, Share, bounded

VERSION = 1
"""The newest file version this program reads."""
CURRENCY = "USD"
"""The currency of list prices, and so of every offer that can be weighed against them."""
MOST_MONTHS = 120
"""The longest term: ten years."""
MOST_LETTERS = 300
FAULT = "contradiction"
"""Type of the faults that a rule between fields words itself."""
INTERVAL_MONTHS = {"Annual": 12, "Semi-Annual": 6, "Quarterly": 3, "Monthly": 1}
INTERVAL_MINUTES = {"Hourly": 60, "Daily": 1440}


def _filled(value: str) -> str:
    if not value.strip() or len(value) > MOST_LETTERS or not value.isprintable():
        raise ValueError
    return value


def _overage(value: object) -> Fraction | Literal["committed"]:
    if value == "committed":
        return "committed"
    return bounded(value, 0, 1, "high")


def _fault(rule: str) -> PydanticCustomError:
    """Word a broken rule; it must start with the key at fault."""
    return PydanticCustomError(FAULT, "{rule}", {"rule": rule})


WORDS = f"one line of words, at most {MOST_LETTERS} letters"
Text = Annotated[str, AfterValidator(_filled), Field(description=WORDS)]
Day = Annotated[dt.date, Field(description="a date without quotes, 2027-01-01")]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )


class Tier(_Table):
    """A discount and the commit of one interval from which it holds."""

    cost: Money
    """Commit of one interval from which the tier holds (ContractCommitmentCost)."""
    discount_percentage: Discount
    """Share off list price (ContractCommitmentDiscountPercentage, 0 to 1 there too)."""


class RampStep(_Table):
    """The part of the full commit that is due in some whole intervals."""

    period_start: Day
    period_end: Day
    share: PartShare


class Rollover(_Table):
    """Unused commit that stays usable in the next interval."""

    share: PartShare
    """Part of the unused commit that is carried."""
    expiry_months: Annotated[int, Field(ge=1, le=120, description="whole months, 1 or more")] = 12
    burns: Annotated[Literal["first", "last"], Field(description='"first" or "last"')] = "first"
    """Whether carried credit is used before the interval's own commit or only above it."""


class _Offer(_Table):
    id: Text
    description: Text
    service_provider_name: Text | None = Field(None, description=WORDS)
    offer_category: Annotated[
        Literal["Public", "Negotiated"], Field(description='"Public" or "Negotiated"')
    ] = "Negotiated"
    billing_currency: Annotated[
        str, Field(pattern=r"^[A-Z]{3}$", description='a currency code, "USD"')
    ]
    period_start: Day
    period_end: Day
    tier: Annotated[
        tuple[Tier, ...],
        Field(min_length=1, strict=False, description="tables, [[contract_commitment.tier]]"),
    ]

    @model_validator(mode="after")
    def _term_is_in_sight(self) -> "_Offer":
        if (self.period_end - self.period_start).days > MOST_MONTHS * 31:
            raise _fault(
                f"period_end: a term of more than {MOST_MONTHS} months is not sized, nobody can say"
                " what it will need"
            )
        return self

    @model_validator(mode="after")
    def _tiers_climb(self) -> "_Offer":
        for place, (lower, upper) in enumerate(pairwise(self.tier), start=1):
            if upper.cost <= lower.cost:
                raise _fault(f"tier[{place}].cost: must be above the tier before it")
            if upper.discount_percentage < lower.discount_percentage:
                raise _fault(
                    f"tier[{place}].discount_percentage: must not be below the smaller tier's"
                )
        return self

    @property
    def months(self) -> int:
        """Whole months of the term."""
        return len(month_starts(self.period_start, self.period_end))

    def discount(self, commit: Fraction) -> Fraction:
        """Share off list of the highest tier that a commit of one interval reaches."""
        reached = [tier for tier in self.tier if tier.cost <= commit]
        if not reached:
            return Fraction(0)
        return reached[-1].discount_percentage


class PoolOffer(_Offer):
    """A pool of spend over each interval of a term (FOCUS model Discontinuous)."""

    model: Literal["Discontinuous"]
    fulfillment_interval: Annotated[
        Literal["Full Period", "Annual", "Semi-Annual", "Quarterly", "Monthly"],
        Field(description='"Full Period", "Annual", "Semi-Annual", "Quarterly" or "Monthly"'),
    ] = "Full Period"
    payment_model: Annotated[
        Literal["No Upfront", "Partial Upfront", "All Upfront"],
        Field(description='"No Upfront", "Partial Upfront" or "All Upfront"'),
    ] = "No Upfront"
    payment_upfront_percentage: Share | None = Field(None, description="a share from 0 to 1")

    overage_discount_percentage: Annotated[
        Fraction | Literal["committed"],
        PlainValidator(_overage),
        Field(description='"committed" or a share from 0 to below 1 (0 is list price)'),
    ]
    counts_at: Annotated[Literal["invoiced", "list"], Field(description='"invoiced" or "list"')] = (
        "invoiced"
    )
    amounts: Annotated[Literal["any", "listed"], Field(description='"any" or "listed"')] = "any"
    """Whether a commit between two tiers can be signed, or only those written."""
    monthly_minimum: Money = Fraction(0)
    unused_refund_percentage: Share = Fraction(0)
    """Part of the commit unused at an interval's end that is paid back, or not invoiced."""
    price_protection: Annotated[bool, Field(description="true or false")] = False
    rollover: Rollover | None = Field(None, description="a table, [contract_commitment.rollover]")
    ramp: tuple[RampStep, ...] = Field(
        (), strict=False, description="tables, [[contract_commitment.ramp]]"
    )

    @property
    def interval_months(self) -> int:
        """Months of one interval: the commit is promised anew in each."""
        return INTERVAL_MONTHS.get(self.fulfillment_interval, self.months)

    @property
    def upfront_share(self) -> Fraction:
        """Part of each interval's commit that is paid in its first month."""
        if self.payment_model == "All Upfront":
            return Fraction(1)
        return self.payment_upfront_percentage or Fraction(0)

    @property
    def ramp_shares(self) -> tuple[Fraction, ...]:
        """Part of the full commit due in each interval."""
        starts = month_starts(self.period_start, self.period_end)[:: self.interval_months]
        if not self.ramp:
            return (Fraction(1),) * len(starts)
        return tuple(
            next(s.share for s in self.ramp if s.period_start <= start < s.period_end)
            for start in starts
        )

    @model_validator(mode="after")
    def _periods_fit(self) -> "PoolOffer":
        starts = month_starts(self.period_start, self.period_end)
        if not starts:
            raise _fault(
                "period_end: the term must be whole months, from a day of the month up to 28 to"
                " the same day of a later month"
            )
        if len(starts) % self.interval_months:
            raise _fault(
                f"fulfillment_interval: {self.fulfillment_interval} does not divide a term of"
                f" {len(starts)} months into whole intervals"
            )
        _check_ramp(self.ramp, [*starts[:: self.interval_months], self.period_end])
        return self

    @model_validator(mode="after")
    def _overage_is_no_prize(self) -> "PoolOffer":
        overage = self.overage_discount_percentage
        if overage != "committed" and overage > self.tier[0].discount_percentage:
            raise _fault(
                "overage_discount_percentage: is above the discount of the first tier, so that"
                ' use beyond the commit would cost less than use within it; "committed" is the'
                " most that a vendor can mean"
            )
        return self

    @model_validator(mode="after")
    def _payment_is_one(self) -> "PoolOffer":
        share, model = self.payment_upfront_percentage, self.payment_model
        fixed = {"No Upfront": Fraction(0), "All Upfront": Fraction(1)}
        if model in fixed and share not in {None, fixed[model]}:
            raise _fault(f"payment_upfront_percentage: contradicts payment_model {model}")
        if model == "Partial Upfront" and (share is None or not 0 < share < 1):
            raise _fault(
                "payment_upfront_percentage: Partial Upfront needs a share between 0 and 1"
            )
        if self.upfront_share == 1 and self.monthly_minimum:
            raise _fault("monthly_minimum: what is paid upfront has no minimum to pay by month")
        if self.upfront_share and self.price_protection:
            raise _fault(
                "price_protection: lowers a commit that payment_model says is paid already"
            )
        return self

    @model_validator(mode="after")
    def _minimum_fits(self) -> "PoolOffer":
        due = self.tier[0].cost * min(self.ramp_shares)
        if self.counts_at == "list":
            due *= 1 - self.tier[0].discount_percentage
        if self.monthly_minimum * self.interval_months > due * (1 - self.upfront_share):
            raise _fault(
                "monthly_minimum: over one interval it exceeds the smallest commit of the offer"
                + (", less what is paid upfront" if self.upfront_share else "")
            )
        return self

    @model_validator(mode="after")
    def _rollover_has_a_next(self) -> "PoolOffer":
        if self.rollover and self.unused_refund_percentage:
            raise _fault(
                "unused_refund_percentage: rollover carries the same unused commit, give one of the"
                " two"
            )
        if self.rollover and self.interval_months == self.months:
            raise _fault(
                "rollover: the term is one interval, nothing follows into which unused commit"
                " could be carried"
            )
        return self


class RateOffer(_Offer):
    """A rate of spend in every interval, used or lost (FOCUS model Continuous)."""

    model: Literal["Continuous"]
    fulfillment_interval: Annotated[
        Literal["Hourly", "Daily", "Custom"],
        Field(description='"Hourly", "Daily" or "Custom" with interval_minutes'),
    ]

    interval_minutes: Annotated[int, Field(ge=1, le=1440)] | None = Field(
        None, description="whole minutes, 1 to 1440, for the interval Custom alone"
    )
    overage_discount_percentage: Discount = Fraction(0)
    eligible_service_tiers: Annotated[
        tuple[Text, ...],
        Field(min_length=1, strict=False, description='a list of service tiers, ["standard"]'),
    ]

    @property
    def minutes(self) -> int:
        """Minutes of one interval."""
        return self.interval_minutes or INTERVAL_MINUTES[self.fulfillment_interval]

    @model_validator(mode="after")
    def _interval_is_one(self) -> "RateOffer":
        if (self.fulfillment_interval == "Custom") != (self.interval_minutes is not None):
            raise _fault(
                "interval_minutes: goes with fulfillment_interval Custom, and only with it"
            )
        if 1440 % self.minutes:
            raise _fault("interval_minutes: must divide a day into whole intervals")
        if not month_starts(self.period_start, self.period_end):
            raise _fault("period_end: the term must be whole months")
        if self.overage_discount_percentage > self.tier[0].discount_percentage:
            raise _fault(
                "overage_discount_percentage: is above the discount of the first tier, so that"
                " use beyond the rate would cost less than use within it"
            )
        return self


Offer = Annotated[PoolOffer | RateOffer, Field(discriminator="model")]


def _check_ramp(ramp: tuple[RampStep, ...], bounds: list[dt.date]) -> None:
    """Refuse steps that overlap, leave a gap, split an interval or never reach the whole."""
    if not ramp:
        return
    expected = bounds[0]
    for place, step in enumerate(ramp):
        if step.period_start != expected:
            word = "overlaps the step before" if step.period_start < expected else "leaves a gap"
            raise _fault(f"ramp[{place}].period_start: {word}, give {expected}")
        if step.period_end not in bounds or step.period_end <= step.period_start:
            raise _fault(f"ramp[{place}].period_end: must be the end of a whole interval")
        expected = step.period_end
    if expected != bounds[-1]:
        raise _fault(f"ramp[{len(ramp) - 1}].period_end: the ramp must reach {bounds[-1]}")
    if max(step.share for step in ramp) != 1:
        raise _fault("ramp: one share must be 1, the full commit that the tiers speak of")
