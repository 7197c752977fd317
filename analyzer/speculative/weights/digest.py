"""The sha256 of a file, however large."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Give the file's sha256 in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
