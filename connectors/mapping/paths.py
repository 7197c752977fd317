"""Paths into a row: keys with dots between them, through objects, lists and JSON held as text."""

from collections.abc import Iterable, Iterator

import msgspec

from connectors.reading.json_scan import Fields, object_of

EVERY = "*"
"""A part of a path that stands for any key, or any place of a list."""

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode
_EMPTY = (msgspec.Raw(b"null"), msgspec.Raw(b'""'))


class Path:
    """One path; a key may hold dots itself, the longest that is there is taken."""

    __slots__ = ("plain", "steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = "." not in text and text != EVERY
        self.steps = _steps(text.split("."))

    @property
    def column(self) -> str:
        """The first key, where it holds no dots."""
        return self.text.partition(".")[0]


Step = tuple[str, "tuple[Step, ...]"]


def _steps(parts: list[str]) -> tuple[Step, ...]:
    """Give each beginning of a path that may be one key, longest first, with what follows it."""
    return tuple(
        (".".join(parts[:size]), _steps(parts[size:])) for size in range(len(parts), 0, -1)
    )


class Row:
    """One object, read a level at a time and only where it is asked for; empty values are none."""

    __slots__ = ("_opened", "fields")

    def __init__(self, fields: Fields) -> None:
        self.fields: Fields = {key: raw for key, raw in fields.items() if raw not in _EMPTY}
        """The keys of this level that hold something, and their raw values."""
        self._opened: dict[str, Row | None] = {}

    @classmethod
    def of(cls, raw: bytes) -> "Row":
        """Read a row.

        Raises:
            LineError: a key stands twice.
            msgspec.MsgspecError: no JSON object.
        """
        return cls(object_of(raw))

    def find(self, paths: Iterable[Path]) -> msgspec.Raw | None:
        """Give the first value that any of the paths holds; null and empty text are none."""
        for path in paths:
            raw = self.fields.get(path.text) if path.plain else self.first(path.steps)
            if raw is not None:
                return raw
        return None

    def find_all(self, paths: Iterable[Path]) -> Iterator[msgspec.Raw]:
        """Give every value that the paths hold, in order."""
        for path in paths:
            yield from self.below(path.steps)

    def entries(self, path: Path) -> Iterator[tuple[str, msgspec.Raw]]:
        """Give keys and values of the object that the path holds, or that its text holds."""
        raw = self.find((path,))
        inner = opened(raw) if raw is not None else None
        if inner is not None:
            yield from inner.fields.items()

    def first(self, steps: tuple[Step, ...]) -> msgspec.Raw | None:
        """Give the first value at the end of the steps of a path."""
        for key, rest in steps:
            if key == EVERY:
                return next(self.below(steps), None)
            raw = self.fields.get(key)
            if raw is None:
                continue
            if not rest:
                return raw
            inner = self._open(key, raw)
            found = inner.first(rest) if inner is not None else None
            if found is not None:
                return found
        return None

    def below(self, steps: tuple[Step, ...]) -> Iterator[msgspec.Raw]:
        """Give every value at the end of the steps of a path."""
        for key, rest in steps:
            for name in tuple(self.fields) if key == EVERY else (key,):
                raw = self.fields.get(name)
                if raw is None:
                    continue
                if not rest:
                    yield raw
                elif inner := self._open(name, raw):
                    yield from inner.below(rest)

    def _open(self, name: str, raw: msgspec.Raw) -> "Row | None":
        if name not in self._opened:
            self._opened[name] = opened(raw)
        return self._opened[name]


def opened(raw: msgspec.Raw | bytes) -> Row | None:
    """Give the object or list that a value is, or that its text holds; None for anything else."""
    text = bytes(raw).strip()
    if text[:1] == b'"':
        text = _decode_text(text).strip().encode()
    try:
        if text[:1] == b"{":
            return Row(object_of(text))
        if text[:1] == b"[":
            return Row({str(place): item for place, item in enumerate(_decode_list(text))})
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None
