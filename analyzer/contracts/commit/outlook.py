"""What the buyer expects of the traffic during the term: the `[outlook]` of `offers.toml`."""

from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from analyzer.contracts.commit.numbers import Share, number

RULE = "contradiction"
"""Type of the faults that a rule between fields words itself."""

Growth = Annotated[
    Fraction,
    number(-1, 1, open_ends="low high"),
    Field(description="a number between -1 and 1, 0.02 is 2 % a month"),
]
Spread = Annotated[Fraction, number(0, 1), Field(description="a number from 0 to 1")]


class Outlook(BaseModel):
    """Growth, price cuts, births and retirements; nothing is expected where nothing is written."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )

    growth_monthly: Growth = Fraction(0)
    """Mean of the monthly logarithmic growth, common to all workloads."""
    growth_spread: Spread = Fraction(0)
    """Standard deviation of that growth from path to path."""
    price_cut_chance: Share = Fraction(0)
    """Chance in each month that the vendor cuts its list prices."""
    price_cut: Share = Fraction(0)
    """Size of one cut."""
    births_monthly: Annotated[
        Fraction, number(0, 100), Field(description="a number from 0 to 100")
    ] = Fraction(0)
    """New workloads expected in a month."""
    birth_share: Annotated[
        Fraction, number(0, 100), Field(description="a number from 0 to 100")
    ] = Fraction(0)
    """List spend of a new workload as a share of all spend in the history."""
    retirement_chance: Share = Fraction(0)
    """Chance in each month that a workload ends."""

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> "Outlook":
        if bool(self.price_cut_chance) != bool(self.price_cut):
            raise PydanticCustomError(RULE, "price_cut: goes with price_cut_chance, give both")
        if bool(self.births_monthly) != bool(self.birth_share):
            raise PydanticCustomError(RULE, "birth_share: goes with births_monthly, give both")
        return self
