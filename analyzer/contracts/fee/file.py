"""The file of fee terms: dollars and shares as signed."""

from fractions import Fraction
from pathlib import Path
from typing import Literal

from pydantic import Field

from analyzer.contracts.fee.terms import LEAST_DAYS, FeeTerms, Tier
from analyzer.contracts.fields import Dollars, Form, Number, Table
from analyzer.errors import ContractError
from analyzer.results import NOTHING, Grade

_SHARE = 'a share from 0 to 1, such as 0.25 or "0.25"'
_DOLLARS = 'dollars in whole cents, such as 9000 or "9000.00"'
_ALLOWED = {
    "version": "1",
    "currency": '"USD": amounts of other currencies are not mixed in',
    "tier": "tables, each [[tier]] with share and, but for the last, up_to",
    "up_to": _DOLLARS,
    "share": _SHARE,
    "hurdle": _SHARE,
    "floor": _DOLLARS,
    "cap": _DOLLARS,
    "cap_share": _SHARE,
    "clawback": "true or false",
    "basis": '"point" or "lower bound"',
    "factor": "standard uncertainties, such as 1.645",
    "shared_bias": "true or false",
    "life_months": "a whole number of months, 1 or more",
    "least_baseline_days": "whole days from 28 to 366",
    "least_grade": '"E1" to "E5"',
    "most_uncertainty": "a share of the savings, such as 0.25",
    "above_it": '"lower bound" or "refuse"',
}


def load_terms(path: Path) -> tuple[FeeTerms, str]:
    """Read fee terms; give them and the file's SHA-256 for the manifest.

    Raises:
        ContractError: not readable, an unknown key, or terms that contradict themselves.
    """
    file, sha256 = _FORM.read(path)
    given = {name: getattr(file, name) for name in _File.model_fields if name not in _HEAD}
    try:
        terms = FeeTerms(tuple(Tier(one.up_to, one.share) for one in file.tier), **given)
    except ContractError as error:
        raise ContractError(f"{path}: {error}") from error
    return terms, sha256


class _Tier(Table):
    up_to: Dollars | None = None
    share: Number


class _File(Table):
    version: Literal[1]
    currency: Literal["USD"]
    tier: list[_Tier] = Field(min_length=1)
    hurdle: Number = Fraction(0)
    floor: Dollars = NOTHING
    cap: Dollars | None = None
    cap_share: Number = Fraction(1)
    clawback: bool = True
    basis: Literal["point", "lower bound"] = "point"
    factor: Number = Fraction(1645, 1000)
    shared_bias: bool = True
    life_months: int | None = None
    least_baseline_days: int = LEAST_DAYS
    least_grade: Grade = "E3"
    most_uncertainty: Number = Fraction(1, 4)
    above_it: Literal["lower bound", "refuse"] = "lower bound"


_HEAD = frozenset({"version", "currency", "tier"})
_FORM = Form(_File, _ALLOWED, {"tier": _Tier})
