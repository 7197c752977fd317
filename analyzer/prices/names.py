"""Reads a model's name however a client, a gateway or a cloud wrote it; never guesses."""

import re
from collections.abc import Mapping

_WRITTEN = re.compile(
    r"""
    (?:anthropic/)?                      # gateways
    (?:(?:us|eu|apac|jp|au|in|global)\.)?      # Bedrock inference profiles
    (?:anthropic\.)?                     # Bedrock
    (?P<name>claude-[a-z0-9.-]+?)
    (?:-latest|-20\d{6})?                # snapshot
    (?:-v\d+)?                           # Google Cloud revision
    (?:@(?:20\d{6}|default|latest))?     # Google Cloud snapshot
    (?:-v\d+(?::\d+)?)?                  # Bedrock revision
    (?:\[1m\])?                          # long-context mark of coding agents
    """,
    re.VERBOSE,
)
_REGIONAL = re.compile(r"(?:(?:us|eu|apac|jp|au|in)\.)?anthropic\.")


def canonical(written: str, names: Mapping[str, str]) -> str | None:
    """Give the book's id for a name, or None when the book does not hold that model.

    `names` maps every id and alias to its id. Only known decorations are taken off; what is left
    must be in `names` to the letter.
    """
    if written in names:
        return names[written]
    match = _WRITTEN.fullmatch(written)
    if match is None:
        return None
    return names.get(re.sub(r"(?<=\d)\.(?=\d)", "-", match["name"]))


def may_be_regional(written: str) -> bool:
    """Tell whether a Bedrock id may be answered by a regional endpoint; `global.` never is."""
    return _REGIONAL.match(written) is not None
