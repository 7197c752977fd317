"""The text of a mapping file: read with every fault in words."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analyzer.errors import InputError
from connectors.mapping.schema import VERSION, MappingFile

_LONGEST_SHOWN = 40
_WANTED = {
    "tuple_type": "give a list",
    "string_type": "give text in quotes",
    "bool_parsing": "give true or false",
    "dict_type": "give a table",
    "model_type": "give a column in quotes, a list of them, or a table",
    "model_attributes_type": "give a column in quotes, a list of them, or a table",
    "too_short": "give at least one",
}
"""What pydantic would say in Python's words."""


def read_mapping(text: str, where: str) -> MappingFile:
    """Parse and check a mapping.

    Raises:
        InputError: not TOML, or keys or values that are not allowed; names each of them.
    """
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not valid TOML, {error}; mend it there") from error
    version = raw.get("version")
    if type(version) is int and version > VERSION:
        raise InputError(
            f"{where}: version: {version} is newer than this program reads ({VERSION});"
            " upgrade rebill"
        )
    try:
        return MappingFile.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(map(_fault, error.errors(include_url=False)))
        raise InputError(f"{where}: {faults}") from error


def nearest(word: str, known: list[str]) -> str:
    """Give what was probably meant, else what there is to choose from."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known) or 'none'}"


def _fault(error: ErrorDetails) -> str:
    """One fault: the key's path, what stands there, what is allowed."""
    loc = error["loc"]
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    path = "".join(parts).removeprefix(".")
    said = _said(error)
    return f"{path}: {said}" if path else said


def _said(error: ErrorDetails) -> str:
    kind, loc = error["type"], error["loc"]
    if kind == "own":
        return error["msg"]
    if kind == "extra_forbidden":
        return f"unknown key; {nearest(str(loc[-1]), sorted(_keys(_table_at(loc[:-1]))))}"
    if kind == "missing":
        return f"missing; {_allowed(error) or 'give it'}"
    expected = _WANTED.get(kind) or _allowed(error) or error["msg"].lower()
    return f"{_shown(error['input'])} is not allowed; {expected}"


def _allowed(error: ErrorDetails) -> str:
    """Say what may stand there, for keys that take one of a few words."""
    words = error.get("ctx", {}).get("expected")
    if words is None:
        field = _table_at(error["loc"][:-1]).model_fields.get(str(error["loc"][-1]))
        words = ", ".join(map(str, get_args(field.annotation))) if field else ""
    return f"give one of {str(words).replace(chr(39), '')}" if words else ""


def _table_at(loc: tuple[int | str, ...]) -> type[BaseModel]:
    """Give the table that a place in the file lies in."""
    table: type[BaseModel] = MappingFile
    for part in loc:
        if isinstance(part, str):
            table = _fields(table).get(part, table)
    return table


def _fields(table: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    """Give the tables that a table holds, by key."""
    return {
        field.alias or name: inner
        for name, field in table.model_fields.items()
        for inner in _tables(field.annotation)
    }


def _tables(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables(part)


def _keys(table: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
