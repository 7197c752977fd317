"""Tables of calls, read by a mapping: gateways' exports by presets, anything else by a user's file.

A mapping is data (`presets/*.toml`, `docs/mapping.md`): which column holds what. Numbers may be
text, columns may hold JSON as text, and a row tells of one call, of a try that failed, or of
something else.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from analyzer.errors import InputError
from analyzer.prompts import Hasher
from analyzer.trace import Outcome
from connectors.connector import Connector, first_keys, first_objects
from connectors.mapping.paths import Path, Row
from connectors.reading.files import LogFile
from connectors.reading.json_scan import Fields

if TYPE_CHECKING:
    from connectors.mapping.schema import MappingFile

PRESET_NAMES = (
    "langfuse", "helicone", "portkey", "kong", "databricks", "cloudflare", "openrouter",
)  # fmt: skip
_HASH_DIGITS = 8


def from_file(path: FilePath) -> Connector:
    """Give the connector of a user's mapping; its name holds a hash of what the mapping says.

    A file that was read by an older mapping is therefore read again.

    Raises:
        InputError: the file cannot be read, or a key or value is not allowed.
    """
    from connectors.mapping.file import read_mapping

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = f"; the preset is `--source {path}`" if str(path) in PRESET_NAMES else ""
        said = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(f"--mapping {path}: cannot be read ({said}){hint}") from error
    mapping = read_mapping(text, str(path))
    content = mapping.model_dump_json(exclude_defaults=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:_HASH_DIGITS]
    return Connector(
        name=f"mapping:{mapping.name}@{digest}",
        title=mapping.title or f"a table read by {path}",
        detect=lambda _head: True,
        parse=partial(_parse_own, mapping, str(path)),
        carries=mapping.carries or "what the mapping names",
        levers=tuple(mapping.levers),
    )


def _preset_text(name: str) -> str:
    return (
        files("connectors.mapping").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    )


def _preset(name: str) -> Connector:
    """Make a preset's connector from the few keys that are needed before a file is read."""
    raw = tomllib.loads(_preset_text(name))
    return Connector(
        name=name,
        title=raw["title"],
        detect=partial(_detect, raw["detect"]),
        parse=partial(_parse_preset, name),
        carries=raw["carries"],
        levers=tuple(raw["levers"]),
    )


@lru_cache(maxsize=len(PRESET_NAMES))
def _mapping_of(name: str) -> "MappingFile":
    from connectors.mapping.file import read_mapping

    return read_mapping(_preset_text(name), f"{name}.toml")


def _detect(signatures: list[list[str]], head: bytes) -> bool:
    """Tell whether some row of the head has all columns of one signature."""
    keys = first_keys(head)
    likely = [
        list(map(Path, columns))
        for columns in signatures
        if all(column.partition(".")[0] in keys for column in columns)
    ]
    if not likely:
        return False
    return any(
        all(_is_there(fields, path) for path in paths)
        for fields in first_objects(head)
        for paths in likely
    )


def _is_there(fields: Fields, path: Path) -> bool:
    """Tell whether a row has a column, empty or not; below the first key it must hold something."""
    return path.text in fields or ("." in path.text and Row(fields).find((path,)) is not None)


def _parse_preset(name: str, log: LogFile, hasher: Hasher) -> Iterator[Outcome]:
    from connectors.mapping.table import read_table

    yield from read_table(_mapping_of(name), log, hasher)


def _parse_own(
    mapping: "MappingFile", where: str, log: LogFile, hasher: Hasher
) -> Iterator[Outcome]:
    from connectors.mapping.table import read_own_table

    yield from read_own_table(mapping, where, log, hasher)


PRESETS: tuple[Connector, ...] = tuple(map(_preset, PRESET_NAMES))
