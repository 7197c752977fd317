"""The text of a policy file: read with every fault in words, and written back."""

import difflib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analyzer.errors import PolicyError
from analyzer.policy.schema import (
    DIGITS,
    OWN_FAULTS,
    TABLES,
    VERSION,
    KnownModel,
    MatchTable,
    PolicyFile,
    keys,
    shown,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NEWER: Mapping[str, bool] = {"newer": True}
"""Marks a key that older files lack: its default is not written, so that their hashes stay."""
_KEYS = {"from_model": "from", "to_model": "to"}


def read_toml(text: str, where: str) -> dict[str, object]:
    """Parse TOML with exact decimals; a fault names the line."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{where}: not valid TOML, {error}: mend it there") from error


def check(raw: dict[str, object], where: str, known_model: KnownModel) -> PolicyFile:
    """Validate a parsed file; every fault stands in one message."""
    version = raw.get("version")
    if type(version) is int and version > VERSION:
        raise PolicyError(
            f"{where}: version: {version} is newer than this program reads ({VERSION}),"
            " upgrade rebill"
        )
    faults = list(_cross_faults(raw))
    try:
        checked = PolicyFile.model_validate(raw, context=known_model)
    except ValidationError as error:
        faults = [*map(_fault, error.errors(include_url=False)), *faults]
    else:
        if not faults:
            return checked
    raise PolicyError(f"{where}: {'; '.join(faults)}")


def toml_pairs(record: "DataclassInstance") -> Iterator[str]:
    """The lines of a rule, keys as the file writes them; what is not given is left out."""
    for each in fields(record):
        value = getattr(record, each.name)
        silent = "newer" in each.metadata and value == each.default
        if value is not None and value != () and not silent:
            key = _KEYS.get(each.name, each.name)
            yield f"{key} = {_table(value) if key == 'tags' else toml_value(value)}"


def toml_value(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Fraction):
        return decimal_text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def decimal_text(value: Fraction) -> str:
    """Exact decimal text, or the quoted fraction where no short decimal is exact."""
    for places in range(DIGITS + 1):
        scaled = value * 10**places
        if scaled.denominator == 1:
            whole, part = divmod(scaled.numerator, 10**places)
            return f"{whole}.{part:0{places}d}" if places else str(whole)
    return f'"{value.numerator}/{value.denominator}"'


def _table(pairs: tuple[tuple[str, str], ...]) -> str:
    inner = ", ".join(f"{_key(name)} = {toml_value(value)}" for name, value in pairs)
    return f"{{ {inner} }}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)


def _fault(error: ErrorDetails) -> str:
    """One fault: the key's path, what stands there, what is allowed."""
    loc = error["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)[1:]
    table = _table_of(loc)
    kind = error["type"]
    if kind in OWN_FAULTS:
        return f"{path}: {error['msg']}"
    if kind == "extra_forbidden":
        return f"{path}: unknown key, {_nearest(str(loc[-1]), list(keys(table)))}"
    allowed = _allowed(loc, table)
    if kind == "missing":
        return f"{path}: missing, give {allowed}"
    return f"{path}: {shown(error['input'])} is not allowed, give {allowed}"


def _table_of(loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The table a fault lies in; the last part of `loc` is a key of it."""
    parents = [part for part in loc[:-1] if isinstance(part, str)]
    if not parents:
        return PolicyFile
    return MatchTable if "match" in parents[1:] else TABLES.get(parents[0], PolicyFile)


def _allowed(loc: tuple[int | str, ...], table: type[BaseModel]) -> str:
    texts = keys(table)
    named = [texts[part] for part in loc if isinstance(part, str) and part in texts]
    return named[-1] if named else keys(PolicyFile)[str(loc[0])]


def _nearest(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"allowed are {', '.join(known)}"


def _cross_faults(raw: Mapping[str, object]) -> Iterator[str]:
    """Faults between tables; parts that are malformed are left to the schema."""
    names = [table.get("name") for table in _rows(raw.get("workload"))]
    for name, count in Counter(name for name in names if isinstance(name, str)).items():
        if count > 1:
            again = names.index(name, names.index(name) + 1)
            yield (
                f"workload[{again}].name: {shown(name)} names {count} workloads,"
                " give each its own name"
            )
    constraints = raw.get("constraints")
    allowed = constraints.get("allowed_models") if isinstance(constraints, dict) else None
    if isinstance(allowed, list):
        for place, rule in enumerate(_rows(raw.get("routing"))):
            if "to" in rule and rule["to"] not in allowed:
                yield (
                    f"routing[{place}].to: {shown(rule['to'])} is not one of"
                    f" constraints.allowed_models, which holds {shown(allowed)}"
                )


def _rows(value: object) -> list[dict[str, object]]:
    rows = value if isinstance(value, list) else []
    return [row if isinstance(row, dict) else {} for row in rows]
