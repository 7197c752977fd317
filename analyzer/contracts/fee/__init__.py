"""The gainshare fee: terms, what must hold before an invoice, and its statement."""

from analyzer.contracts.fee.figures import FeePeriod, Quality, Saving
from analyzer.contracts.fee.file import load_terms
from analyzer.contracts.fee.records import Line, Settled
from analyzer.contracts.fee.statement import settle
from analyzer.contracts.fee.terms import FeeTerms, Tier

__all__ = [
    "FeePeriod",
    "FeeTerms",
    "Line",
    "Quality",
    "Saving",
    "Settled",
    "Tier",
    "load_terms",
    "settle",
]
