"""The manifest: one hash over everything a report depends on, so that a figure can be repeated."""

import hashlib
import json
from collections.abc import Sequence

METHOD = "0.1.0"
"""Version of the method; it changes when the same inputs would give other figures."""


def manifest(
    inputs: Sequence[tuple[str, str]], book_sha256: str, policy_sha256: str, prices: str
) -> str:
    """SHA-256 over inputs (connector and hash), book, policy with seeds, method and prices."""
    content = {
        "inputs": sorted([list(pair) for pair in inputs]),
        "book": book_sha256,
        "policy": policy_sha256,
        "method": METHOD,
        "prices": prices,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
