"""A whole table by a mapping: columns checked, repeats found, every row told of once."""

import itertools
from collections.abc import Iterator

import msgspec

from analyzer.errors import InputError
from analyzer.prompts import Hasher
from analyzer.trace import Aside, Call, Outcome
from connectors.connector import each_line, first_objects
from connectors.faults import LINE_FAULTS, rejected
from connectors.mapping.cells import Cell, Cells
from connectors.mapping.file import nearest
from connectors.mapping.paths import EVERY, Path, Row
from connectors.mapping.repeats import Finder, Repeats
from connectors.mapping.rows import RowReader
from connectors.mapping.schema import MappingFile, RepeatsTable
from connectors.mapping.values import moment_of, text_of
from connectors.reading.files import LogFile

OLDER = "earlier version of a row"
_REPEAT = "told by another line"

_REQUIRED = ("call.model", "times.start", "times.end", "usage.input", "usage.prompt_total",
             "usage.output", "body.response")  # fmt: skip


def read_table(mapping: MappingFile, log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    """Give the outcome of each row; a file whose rows may repeat each other is read twice."""
    yield from _read(RowReader(mapping, hasher), mapping, log, hasher)


def read_own_table(
    mapping: MappingFile, where: str, log: LogFile, hasher: Hasher
) -> Iterator[Outcome]:
    """Give the outcome of each row; a mapping that does not fit the columns is told of.

    Raises:
        InputError: a column that every call needs is not in the file.
    """
    columns = _columns(log)
    if not columns:
        raise InputError(f"{log.name}: no rows with columns; CSV is told by its name (.csv, .tsv)")
    reader = RowReader(mapping, hasher)
    for cell in reader.cells:
        if cell.key in _REQUIRED and not cell.optional and not _may_hold(cell, columns):
            raise InputError(
                f"{log.name}: {_absent(cell, columns)}; mend {where}, or give it `optional = true`"
            )
    yield from _read(reader, mapping, log, hasher)
    log.notes += _never_found(reader.cells, columns, where)


def _read(
    reader: RowReader, mapping: MappingFile, log: LogFile, hasher: Hasher
) -> Iterator[Outcome]:
    finder = _noted(mapping, log, hasher) if mapping.repeats else Finder()
    repeats = finder.repeats()
    places = itertools.count()  # elements of one array may share a line number
    failed: set[int] = set()

    def decode(number: int, raw: bytes) -> Outcome:
        place = next(places)
        if place in repeats.dropped:  # not read: its prompt's nodes belong to the row that counts
            return Aside(number, _REPEAT)
        if place in repeats.lines:
            failed.add(place)
        outcome = _outcome(reader, repeats, (place, number), raw)
        failed.discard(place)
        return outcome

    for outcome in each_line(log, decode):
        if not (isinstance(outcome, Aside) and outcome.kind == _REPEAT):
            yield outcome
    if failed:
        orphans = {place for place, by in repeats.dropped.items() if by in failed}
        yield from _orphaned(reader, log, orphans, finder.repeats(frozenset(failed)))


def _outcome(reader: RowReader, repeats: Repeats, at: tuple[int, int], raw: bytes) -> Outcome:
    place, number = at
    if place in repeats.older:
        return Aside(number, OLDER)
    outcome = reader.outcome(number, raw, Row.of(raw))
    lines = repeats.lines.get(place, 1)
    if lines > 1 and isinstance(outcome, Call):
        return msgspec.structs.replace(outcome, lines=lines)
    return outcome


def _orphaned(
    reader: RowReader, log: LogFile, orphans: set[int], repeats: Repeats
) -> Iterator[Outcome]:
    """Read the rows whose call another row was to tell of, and could not: one of them does."""
    places = itertools.count()
    found: list[Outcome] = []

    def decode(number: int, raw: bytes) -> Outcome:
        place = next(places)
        if place in orphans:
            found.append(_alone(reader, repeats, (place, number), raw))
        return Aside(number, _REPEAT)

    for _ in each_line(log, decode):
        pass
    return iter(found)


def _alone(reader: RowReader, repeats: Repeats, at: tuple[int, int], raw: bytes) -> Outcome:
    if at[0] in repeats.dropped:
        return Aside(at[1], OLDER)
    try:
        outcome = _outcome(reader, repeats, at, raw)
    except LINE_FAULTS as error:
        return rejected(at[1], error)
    return msgspec.structs.replace(outcome, lines=1) if isinstance(outcome, Call) else outcome


def _noted(mapping: MappingFile, log: LogFile, hasher: Hasher) -> Finder:
    """Read the file a first time, for its keys and counts alone."""
    table = mapping.repeats
    assert table is not None  # noqa: S101 - the caller asked
    reader, finder = RowReader(mapping, hasher), Finder()
    places = itertools.count()
    key = tuple(map(Path, table.key.path))
    parent = tuple(map(Path, table.parent.path)) if table.parent else ()

    def decode(number: int, raw: bytes) -> Outcome:
        place = next(places)
        row = Row.of(raw)
        tokens = reader.tokens(row)
        name = text_of(row.find(key))
        if name is not None:
            ends = (_version(table, row), text_of(row.find(parent)))
            finder.add(place, name, *ends, tokens)
        return Aside(number, _REPEAT)

    for _ in each_line(log, decode):
        pass
    return finder


def _version(table: RepeatsTable, row: Row) -> int | None:
    if table.version is None:
        return None
    raw = row.find(tuple(map(Path, table.version.path)))
    moment = moment_of(raw, table.version.unit, "repeats.version")
    return moment.us if moment else None


def _columns(log: LogFile) -> list[str]:
    """Give the columns of the file's first rows."""
    return list(dict.fromkeys(key for row in first_objects(log.sniff()) for key in row))


def _may_hold(cell: Cell, columns: list[str]) -> bool:
    """Tell whether one of a key's columns is there; a column's own name may hold dots."""
    return cell.constant is not None or any(
        path.column in columns or path.column == EVERY or _dotted(path.text, columns)
        for path in cell.paths
    )


def _dotted(text: str, columns: list[str]) -> bool:
    return any(text == column or text.startswith(f"{column}.") for column in columns)


def _absent(cell: Cell, columns: list[str]) -> str:
    named = " or ".join(f"`{path.column}`" for path in cell.paths)
    return f"no column {named} ({cell.key}); {nearest(cell.paths[0].column, columns)}"


def _never_found(cells: Cells, columns: list[str], where: str) -> Iterator[str]:
    """Say which keys of a user's mapping no row held."""
    for cell in cells:
        if cell.found or cell.optional:
            continue
        if _may_hold(cell, columns):
            yield f"{where}: {cell.where} is empty in every row that was asked for it"
        else:
            said = _absent(cell, columns)
            yield f"{where}: {said}; mend it, or give it `optional = true`"
