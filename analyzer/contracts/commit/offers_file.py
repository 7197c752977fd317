"""`offers.toml`, read whole or refused with the field and the rule."""

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from analyzer.contracts.commit.numbers import Discount, Share, number, shown
from analyzer.contracts.commit.offers import (
    CURRENCY,
    FAULT,
    VERSION,
    Offer,
    PoolOffer,
    RampStep,
    RateOffer,
    Rollover,
    Tier,
)
from analyzer.contracts.commit.outlook import Outlook
from analyzer.errors import ContractError


class Selection(BaseModel):
    """How the buyer chooses among commits: least expected cost, tail weighed in, rarely short."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )

    tail_weight: Share = Fraction(0)
    """Weight of CVaR95 beyond the expected cost."""
    most_short: Share = Fraction(1, 5)
    """Largest chance of a shortfall that the buyer accepts."""
    monthly_discount_rate: Annotated[
        Fraction, number(0, 1), Field(description="a share of a month, 0.005 is half a per cent")
    ] = Fraction(0)
    """The buyer's interest for a month: what paying later is worth."""


class Adoption(BaseModel):
    """When a lever goes live for a workload: any day between two, each as likely."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    workload: Annotated[str, Field(min_length=1, description="a workload's name")]
    lever: Annotated[str, Field(min_length=1, description="a lever's name")]
    earliest: Annotated[dt.date, Field(description="a date without quotes, 2027-01-01")]
    latest: Annotated[dt.date, Field(description="a date without quotes, 2027-03-01")]


class OffersFile(BaseModel):
    """A whole offers file."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )

    version: Annotated[int, Field(ge=VERSION, le=VERSION, description=f"{VERSION}")]
    uncommitted_discount_percentage: Discount = Fraction(0)
    """Share off list that holds without any commit."""
    selection: Annotated[Selection, Field(description="a table, [selection]")] = Selection()
    outlook: Annotated[Outlook, Field(description="a table, [outlook]")] = Outlook()
    adoption: tuple[Adoption, ...] = Field((), strict=False, description="tables, [[adoption]]")
    contract_commitment: Annotated[
        tuple[Offer, ...],
        Field(min_length=1, strict=False, description="tables, each [[contract_commitment]]"),
    ]


def read_offers(text: str, where: str) -> OffersFile:
    """Parse and check an offers file; every fault stands in one message."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{where}: not valid TOML, {error}: mend it there") from error
    try:
        checked = OffersFile.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False)
        places = [fault["loc"] for fault in found]
        # A list whose entries are at fault counts as too short as well: only the entries are named.
        faults = [
            _fault(fault)
            for fault in found
            if not any(_inside(place, fault["loc"]) for place in places)
        ]
    else:
        faults = list(_between(checked))
        if not faults:
            return checked
    raise ContractError(f"{where}: {'; '.join(faults)}")


def _inside(place: tuple[int | str, ...], whole: tuple[int | str, ...]) -> bool:
    return len(place) > len(whole) and place[: len(whole)] == whole


def _between(file: OffersFile) -> Iterator[str]:
    """Give the faults between tables that are each right alone."""
    seen: set[str] = set()
    for place, offer in enumerate(file.contract_commitment):
        at = f"contract_commitment[{place}]"
        if offer.id in seen:
            yield f"{at}.id: {shown(offer.id)} names two offers, give each its own"
        seen.add(offer.id)
        if offer.billing_currency != CURRENCY:
            yield (
                f"{at}.billing_currency: {offer.billing_currency} is mixed with list prices in"
                f" {CURRENCY}, give the offer in {CURRENCY}"
            )
        if offer.tier[0].discount_percentage < file.uncommitted_discount_percentage:
            yield (
                f"{at}.tier[0].discount_percentage: is below uncommitted_discount_percentage,"
                " so that the commit would cost more than none"
            )
    yield from _adoptions(file.adoption)


def _adoptions(adoptions: tuple[Adoption, ...]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for place, each in enumerate(adoptions):
        if each.latest < each.earliest:
            yield f"adoption[{place}].latest: is before earliest"
        if (each.workload, each.lever) in seen:
            yield f"adoption[{place}]: this lever of this workload stands there twice"
        seen.add((each.workload, each.lever))


_LONGEST = 120

_TABLES: dict[str, type[BaseModel]] = {
    "": OffersFile,
    "selection": Selection,
    "outlook": Outlook,
    "adoption": Adoption,
    "Discontinuous": PoolOffer,
    "Continuous": RateOffer,
    "tier": Tier,
    "ramp": RampStep,
    "rollover": Rollover,
}
"""Tables by the last word of a fault's place that names one."""


def _fault(error: ErrorDetails) -> str:
    """One fault: the key's path, what stands there, what is allowed."""
    parts = [part for part in error["loc"] if part not in {"Discontinuous", "Continuous"}]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)[1:]
    path = path if len(path) <= _LONGEST else f"{path[:_LONGEST]}.."
    kind = error["type"]
    if kind == FAULT:
        return f"{path}.{error['msg']}" if path else error["msg"]
    if kind.startswith("union_tag"):
        return f'{path}.model: give "Discontinuous" (a pool) or "Continuous" (a rate)'
    fields = _table(error["loc"][:-1]).model_fields
    key = str(parts[-1])
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key, fields, n=1)
        known = f"did you mean `{near[0]}`?" if near else f"allowed are {', '.join(fields)}"
        return f"{path}: unknown key, {known}"
    allowed = (fields[key].description if key in fields else None) or "what docs/commit.md says"
    if kind == "missing":
        return f"{path}: missing, give {allowed}"
    return f"{path}: {shown(error['input'])} is not allowed, give {allowed}"


def _table(place: tuple[int | str, ...]) -> type[BaseModel]:
    named = [str(part) for part in place if str(part) in _TABLES]
    return _TABLES[named[-1] if named else ""]
