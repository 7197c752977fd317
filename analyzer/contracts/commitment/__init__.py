"""A commit that is signed: what a contract file says of it, and what it asks for use."""

from analyzer.contracts.commitment.reading import (
    Commitment,
    Promised,
    read_commitment,
    read_promised,
)
from analyzer.contracts.commitment.settling import (
    NoCommit,
    Rule,
    Settlement,
    Untold,
    rule_of,
)

__all__ = [
    "Commitment",
    "NoCommit",
    "Promised",
    "Rule",
    "Settlement",
    "Untold",
    "read_commitment",
    "read_promised",
    "rule_of",
]
