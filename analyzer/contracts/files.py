"""Files of contracts are written whole or not at all."""

from pathlib import Path


def write_whole(path: Path, raw: bytes) -> None:
    """Write beside the file, then put it in place: a reader never meets half of it."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(raw)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
