"""Files of contracts are written whole or not at all."""

from pathlib import Path

from analyzer.errors import ContractError


def write_whole(path: Path, raw: bytes) -> None:
    """Write beside the file, then put it in place: a reader never meets half of it.

    Raises:
        ContractError: something other than a file stands there, such as a device.
    """
    if path.exists() and not path.is_file():
        raise ContractError(
            f"{path}: is no file, so nothing can take its place; give a file's name"
        )
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(raw)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
