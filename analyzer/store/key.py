"""The secret of a store: REBILL_KEY, or a file beside it that only its owner may read."""

import os
import secrets
from pathlib import Path

from analyzer.errors import StoreError
from analyzer.store.connection import explained

_SHORTEST_KEY = 32
"""Bytes; the file is made with 64 hexadecimal digits."""


def key_path(store: Path) -> Path:
    """Where the key of a store lies when REBILL_KEY does not give it."""
    return store.with_name(store.name + ".key")


def key_of(store: Path) -> bytes:
    """Give the key of a store; it is made when there is none.

    Raises:
        StoreError: the key file holds no key, or cannot be read or written.
    """
    given = os.environ.get("REBILL_KEY")
    if given:
        return given.encode(errors="surrogateescape")
    path = key_path(store)
    with explained(path):
        if not path.exists():
            _make_key(path)
        key = path.read_bytes().strip()
    if len(key) < _SHORTEST_KEY:
        raise StoreError(
            f"{path}: holds no key; restore it, or delete it and the store and ingest again"
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all: half a key would hash prompts with too little secret."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
