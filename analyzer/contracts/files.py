"""Files of contracts are written whole or not at all."""

import hashlib
from pathlib import Path

from analyzer.errors import ContractError


def write_whole(path: Path, raw: bytes) -> None:
    """Write beside the file, then put it in place: a reader never meets half of it.

    A folder that is not there yet is made.

    Raises:
        ContractError: something other than a file stands there, such as a device.
    """
    if path.exists() and not path.is_file():
        raise ContractError(
            f"{path}: is no file, so nothing can take its place; give a file's name"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(raw)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        ContractError: it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}), check the path") from error
