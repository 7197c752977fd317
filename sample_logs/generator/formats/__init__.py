"""One module a log format; each tells the golden calls as that format would, into `sources/`.

A module has `files()`: path below `sample_logs/` -> uncompressed content, same bytes every time.
"""

from collections.abc import Callable

from generator.formats import captures

FORMATS: tuple[Callable[[], dict[str, bytes]], ...] = (captures.files,)


def source_files() -> dict[str, bytes]:
    """Give path and content of every file below `sources/`."""
    return {path: content for write in FORMATS for path, content in write().items()}
