"""What is really paid: discounts told by a contract file, or found in the vendor's own report."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analyzer.errors import InputError
from analyzer.prices import Book
from analyzer.reconciled import LEAST, Discount
from analyzer.reconciliation.cells import canonical

OTHERS = "*"
_MOST_DIGITS = 24
_COMMITTED = "discount_percentage"
SAME = Fraction(1, 1000)
"""Shares this close are one negotiated share."""


class _Terms(BaseModel):
    model_config = ConfigDict(extra="forbid")

    default: str | None = None
    models: dict[str, str] = Field(default_factory=dict)


class _Contract(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str = Field(min_length=1)
    discount: _Terms | None = None
    commit: object = None
    """Read where it is burned down and settled, but for its discount."""


def contract_discounts(path: Path, book: Book) -> tuple[Discount, ...]:
    """Read a contract file: `source` in words, `[discount] default` and `[discount.models]`.

    The committed discount, `commit.discount_percentage`, stands for the default.

    Raises:
        InputError: not TOML, an unknown key, a share that is none, a model the book lacks, two
            defaults.
    """
    try:
        terms = _Contract.model_validate(
            tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        )
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML ({error}); see docs/reconciliation.md") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: {where}: {first['msg']}; see docs/reconciliation.md") from error
    source = f"{terms.source} ({path.name})"
    models = terms.discount.models if terms.discount else {}
    named = {
        _model(path, name, book): _share(path, f"discount of {name}", text)
        for name, text in models.items()
    }
    every = {**named, OTHERS: _default(path, terms)}
    return tuple(Discount(name, share, source) for name, share in every.items())


def realised_discounts(
    charged: pl.DataFrame, listed: Mapping[str, Fraction], source: str
) -> tuple[Discount, ...]:
    """Give charged against list for each model of a cost report, dearest first.

    `charged` has `model`, `charged` and `list`; where the report holds no list amounts, `listed`
    gives our book's list price of the vendor's own tokens. Found shares under 0.5 % are none.
    """
    sums = (
        charged.filter(pl.col("model").is_not_null())
        .group_by("model")
        .agg(
            pl.col("charged").cast(pl.Int128).sum(),
            list=pl.when(pl.col("list").is_not_null().all()).then(
                pl.col("list").cast(pl.Int128).sum()
            ),
        )
    )
    found = []
    for model, paid, told in sums.sort("model").iter_rows():
        whole = Fraction(int(told)) if told is not None else listed.get(str(model))
        if whole:
            by = "the report's list amounts" if told is not None else "our list prices"
            share = 1 - Fraction(int(paid)) / whole
            words = f"{source}, charged against {by}"
            found.append(Discount(str(model), share, words, whole, Fraction(int(paid))))
    return tuple(sorted(found, key=lambda one: (-(one.list_pico or 0), one.model)))


def in_force(found: tuple[Discount, ...]) -> tuple[Discount, ...]:
    """Keep what is a discount: at least half a percent off, and not above the list price.

    Where every model of the report shows the same share, it is taken for models not seen too.
    """
    kept = tuple(one for one in found if one.share >= LEAST)
    told = [one for one in kept if one.model != OTHERS]
    if len(told) != len(found) or not told:
        return kept
    least, most = min(one.share for one in told), max(one.share for one in told)
    if most - least > SAME:
        return kept
    return (*kept, Discount(OTHERS, least, f"{told[0].source}; the same for every model seen"))


def shares(found: tuple[Discount, ...], models: tuple[str, ...]) -> dict[str, Fraction]:
    """Give every model's share off; one that no discount names pays list, or the `*` share."""
    named = {one.model: one.share for one in found}
    return {model: named.get(model, named.get(OTHERS, Fraction(0))) for model in models}


def _model(path: Path, name: str, book: Book) -> str:
    known = book.canonical(name)
    if known is None:
        raise InputError(
            f"{path}: discount.models.{name}: no such model; `rebill prices show` lists them"
        )
    return known


def _default(path: Path, terms: _Contract) -> Fraction:
    committed = terms.commit.get(_COMMITTED) if isinstance(terms.commit, dict) else None
    if terms.discount is None and committed is None:
        raise InputError(
            f"{path}: discount: missing, give a [discount] table, or commit.{_COMMITTED}"
        )
    told = terms.discount.default if terms.discount else None
    default = None if told is None else _share(path, f"discount of {OTHERS}", told)
    if committed is None:
        return default or Fraction(0)
    share = _share(path, f"commit.{_COMMITTED}", str(committed))
    if default not in (None, share):
        raise InputError(
            f"{path}: commit.{_COMMITTED}: {committed} contradicts discount.default {told}; use"
            " under the commit is invoiced at one rate, give it once"
        )
    return share


def _share(path: Path, what: str, text: str) -> Fraction:
    try:
        told = Decimal(text)
        share = Fraction(told if abs(told.adjusted()) <= _MOST_DIGITS else "no share")
    except (ValueError, ArithmeticError) as error:
        raise InputError(f'{path}: {what}: not a number; write it as "0.15"') from error
    if not 0 <= share < 1:
        raise InputError(f"{path}: {what}: from 0 to under 1; 0.15 is fifteen percent")
    return share


__all__ = ["OTHERS", "canonical", "contract_discounts", "in_force", "realised_discounts", "shares"]
