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
from analyzer.contracts.commitment.standing import Standing

__all__ = [
    "Commitment",
    "NoCommit",
    "Promised",
    "Rule",
    "Settlement",
    "Standing",
    "Untold",
    "read_commitment",
    "read_promised",
    "rule_of",
]
