"""The savings analysis: from a store and a policy to everything its report prints."""

from analyzer.savings.analysis import Examined, analyse, examine, reconciled
from analyzer.savings.study import Prices, Question, Study, prepare, settle

__all__ = [
    "Examined",
    "Prices",
    "Question",
    "Study",
    "analyse",
    "examine",
    "prepare",
    "reconciled",
    "settle",
]
