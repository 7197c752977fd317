"""The monthly spend review: what changed and why, what is next, where the month will land."""

from reports.review.page import render
from reports.twin import as_json

__all__ = ["as_json", "render"]
