"""One module a log format; each tells the golden calls as that format would, into `sources/`.

A module has `files()`: path below `sample_logs/` -> uncompressed content, same bytes every time.
"""

from collections.abc import Callable

from generator.formats import (
    batches,
    bedrock,
    captures,
    claude_code_otel,
    cloudflare,
    databricks,
    helicone,
    kong,
    langfuse,
    litellm,
    mooncake,
    openrouter,
    otlp,
    portkey,
    reports,
    vertex,
)

FORMATS: tuple[Callable[[], dict[str, bytes]], ...] = (
    captures.files,
    claude_code_otel.files,
    cloudflare.files,
    databricks.files,
    helicone.files,
    kong.files,
    langfuse.files,
    litellm.files,
    openrouter.files,
    otlp.files,
    portkey.files,
    batches.files,
    bedrock.files,
    mooncake.files,
    vertex.files,
    reports.files,
)


def source_files() -> dict[str, bytes]:
    """Give path and content of every file below `sources/`."""
    return {path: content for write in FORMATS for path, content in write().items()}
