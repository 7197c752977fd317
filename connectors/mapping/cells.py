"""The cells of a row by the mapping's keys: which paths hold each, and what was never found."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from connectors.mapping.paths import EVERY, Path, Row
from connectors.mapping.schema import MappingFile, TextRead
from connectors.mapping.values import Raw, code_of, count_of, flag_of, text_of

_TABLES = ("call", "ids", "who", "times", "usage", "cost", "body")


class Cell:
    """One key of the mapping."""

    __slots__ = (
        "constant",
        "found",
        "key",
        "manifold",
        "optional",
        "paths",
        "unit",
        "where",
        "words",
    )

    def __init__(self, key: str, read: BaseModel) -> None:
        texts: tuple[str, ...] = getattr(read, "path", ())
        self.key = key
        self.paths = tuple(map(Path, texts))
        self.unit: str = getattr(read, "unit", "")
        self.constant: str | None = getattr(read, "value", None)
        self.words: dict[str, str] = getattr(read, "map", {})
        self.optional: bool = getattr(read, "optional", False)
        more = f" or {len(texts) - 1} more" if len(texts) > 1 else ""
        self.where = f"{key} ({texts[0] if texts else 'constant'}{more})"
        self.found = self.constant is not None
        self.manifold = any(EVERY in text.split(".") for text in texts)


class Cells:
    """All keys of one mapping; remembers which of them some row held."""

    def __init__(self, mapping: MappingFile) -> None:
        self._by_key = {cell.key: cell for cell in _cells(mapping)}

    def __iter__(self) -> Iterator[Cell]:
        return iter(self._by_key.values())

    def get(self, key: str) -> Cell | None:
        """Give a key's cell; None when the mapping does not give it."""
        return self._by_key.get(key)

    def raw(self, row: Row, key: str) -> Raw | None:
        """Give the raw value of a key."""
        cell = self._by_key.get(key)
        if cell is None:
            return None
        value = row.find(cell.paths)
        if value is not None and not cell.found:
            cell.found = True
        return value

    def text(self, row: Row, key: str) -> str | None:
        """Give a name: the constant, or the row's in the mapping's words."""
        cell = self._by_key.get(key)
        if cell is None or cell.constant is not None:
            return cell.constant if cell else None
        written = text_of(self.raw(row, key))
        return cell.words.get(written, written) if written else None

    def code(self, row: Row, key: str) -> str | None:
        """Give a program's word; see `code_of`."""
        cell = self._by_key.get(key)
        if cell is None or cell.constant is not None:
            return cell.constant if cell else None
        written = code_of(self.raw(row, key))
        return cell.words.get(written, written) if written else None

    def count(self, row: Row, key: str) -> int | None:
        """Give a count.

        Raises:
            LineError: what stands there is none.
        """
        raw = self.raw(row, key)
        return count_of(raw, self._by_key[key].where) if raw is not None else None

    def flag(self, row: Row, key: str) -> bool | None:
        """Give a yes or no."""
        return flag_of(self.raw(row, key))

    def several(self, row: Row, key: str) -> bool:
        """Tell whether paths with `*` fit more than one value of the row."""
        cell = self._by_key.get(key)
        if cell is None or not cell.manifold:
            return False
        return len({id(value) for value in row.find_all(cell.paths)}) > 1

    def unit(self, key: str) -> str:
        """Give the unit of a key that the mapping gives."""
        return self._by_key[key].unit

    def where(self, key: str) -> str:
        """Name key and columns, for faults."""
        cell = self._by_key.get(key)
        return cell.where if cell else key


def _cells(mapping: MappingFile) -> Iterable[Cell]:
    for name in _TABLES:
        table = getattr(mapping, name)
        for field in type(table).model_fields if table is not None else ():
            read = getattr(table, field)
            if isinstance(read, BaseModel):
                yield Cell(f"{name}.{field}", read)
    for tag, read in mapping.tags.named.items():
        yield Cell(f"tags.named.{tag}", read)
    for place, path in enumerate(mapping.tags.each):
        yield Cell(f"tags.each[{place}]", TextRead(path=(path,)))
    if mapping.repeats is not None and mapping.repeats.version is not None:
        yield Cell("repeats.version", mapping.repeats.version)
