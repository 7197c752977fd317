"""The monthly spend review: what changed and why, what comes next, where the month will land."""

from analyzer.contracts.review.reviewing import Asked, review

__all__ = ["Asked", "review"]
