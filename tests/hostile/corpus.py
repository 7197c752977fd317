"""What no honest program writes and some log will hold: nasty lines, values, damaged samples."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analyzer.prompts import Hasher
from analyzer.trace import Call, Calls, Outcome
from connectors.registry import CONNECTORS, Connector, LogFile, connector_for, find_logs

HASHER = Hasher(b"a key for tests")
SAMPLES = Path(__file__).parents[2] / "sample_logs"
CANARY = "canary-zebra"
DEEP = 200_000

LINES: dict[str, bytes] = {
    "cut in a string": b'{"usage": {"input_tokens": 1',
    "cut in a key": b'{"us',
    "a comma too many": b'{"usage": {"input_tokens": 1,}}',
    "single quotes": b"{'usage': 1}",
    "words": b"Traceback (most recent call last):",
    "a number": b"17",
    "a string": b'"usage"',
    "null": b"null",
    "true": b"true",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a list of numbers": b"[1, 2, 3]",
    "not a number": b'{"usage": {"input_tokens": NaN, "output_tokens": Infinity}}',
    "a number of 400 digits": b'{"usage": {"input_tokens": 1' + b"0" * 400 + b"}}",
    "an exponent past all doubles": b'{"usage": {"input_tokens": 1e999}}',
    "keys twice": b'{"usage": {"input_tokens": 1, "input_tokens": 2}, "usage": {}}',
    "lists in lists": b"[" * DEEP + b"]" * DEEP,
    "objects in objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "nested and cut": b'{"usage":' + b"[" * DEEP,
    "zero bytes": b"\x00" * 64,
    "a zero byte in a string": b'{"model": "claude\x00"}',
    "bytes that are no text": b'{"model": "\xff\xfe\xfd"}',
    "text cut in a character": b'{"model": "\xe2\x82"}',
    "half a surrogate pair": b'{"model": "\\ud83d"}',
    "an escape that is none": b'{"model": "\\x41"}',
    "a key of a million letters": b'{"' + b"k" * 1_000_000 + b'": 1}',
    "a hundred thousand keys": b"{"
    + b",".join(b'"k%d":%d' % (n, n) for n in range(100_000))
    + b"}",
    "other line ends": '{"a": "\u2028\u2029\x85"}'.encode(),
    "two objects on a line": b'{"usage": {}}{"usage": {}}',
    "markup": b"<html><body>502 Bad Gateway</body></html>",
    "a comma list": b'a,b,c,,,"d',
}
"""Each is one line; a log may hold any of them anywhere."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**40, 0.5, -0.0, 1e308,
    "", " ", "null", "-1", "1e9", "12.5", "1,234", "9" * 400, "\u0000",
    "2026-13-45T99:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "NaN",
    "<synthetic>", [], [None], [[]], [1, "a"], {}, {"": None}, {"type": 1},
    {"type": "text", "text": 5}, {"input_tokens": -1},
    [{"type": None}],
)  # fmt: skip
"""Put in place of any value of a sound sample."""

Place = tuple[str | int, ...]


def samples(connector: Connector, most: int = 3) -> list[Path]:
    """Give the smallest sample and trap files that a connector detects as its own."""
    return _BY_NAME.get(connector.name, [])[:most]


def _by_name() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    logs = find_logs([str(SAMPLES / "sources"), str(SAMPLES / "traps")])
    for path in sorted(
        map(Path, map(str, logs)), key=lambda path: (path.stat().st_size, path.name)
    ):
        log = LogFile(path)
        head = log.sniff()
        for connector in CONNECTORS:
            if head.strip() and connector.detect(head):
                found.setdefault(connector.name, []).append(path)
                break
    return found


_BY_NAME = _by_name()


def told(outcomes: list[Outcome]) -> int:
    """Lines that outcomes account for."""
    return sum(
        len(one.values) if isinstance(one, Calls) else one.lines if isinstance(one, Call) else 1
        for one in outcomes
    )


def read(path: Path, connector: Connector | None = None) -> tuple[LogFile, list[Outcome]]:
    """Read a file as the named format, or as the one it shows."""
    log = LogFile(path)
    return log, list((connector or connector_for(log)).read(log, HASHER))


def holds(path: Path, connector: Connector) -> list[Outcome]:
    """Read, and assert what holds for every file: each line is told of once, and no text leaks."""
    log, outcomes = read(path, connector)
    assert told(outcomes) == log.lines_read
    assert CANARY not in repr(outcomes)
    return outcomes


def content(path: Path) -> bytes:
    """Give a sample's text."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def places(value: Any, deepest: int = 12) -> Iterator[Place]:
    """Give every place inside a JSON value."""
    if deepest == 0:
        return
    inner = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )  # fmt: skip
    for key, part in inner:
        yield (key,)
        for below in places(part, deepest - 1):
            yield (key, *below)


def damaged(text: bytes, suffix: str, choice: int, value: Any) -> bytes:
    """Replace one value of a sample, the `choice`-th counted round, by another."""
    if suffix == ".csv":
        return _damaged_csv(text, choice, value)
    documents = _documents(text)
    spots = [(n, place) for n, document in enumerate(documents) for place in places(document)]
    number, place = spots[choice % len(spots)]
    holder = documents[number]
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return b"\n".join(json.dumps(document).encode() for document in documents) + b"\n"


def _documents(text: bytes) -> list[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [parsed for line in text.splitlines() if (parsed := _parsed(line)) is not None]
    return [whole]


def _parsed(line: bytes) -> Any:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _damaged_csv(text: bytes, choice: int, value: Any) -> bytes:
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    cells = [(r, c) for r in range(1, len(rows)) for c in range(len(rows[r]))]
    row, cell = cells[choice % len(cells)]
    rows[row][cell] = value if isinstance(value, str) else json.dumps(value)
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
