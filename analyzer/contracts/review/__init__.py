"""The monthly spend review: what changed and why, what comes next, where the month will land."""

from analyzer.contracts.review.commitment import Commitment, read_commitment
from analyzer.contracts.review.reviewing import Asked, review

__all__ = ["Asked", "Commitment", "read_commitment", "review"]
