"""The savings analysis: from a store and a policy to everything its report prints."""

from analyzer.savings.analysis import analyse
from analyzer.savings.study import Prices, Question, Study, prepare, settle

__all__ = ["Prices", "Question", "Study", "analyse", "prepare", "settle"]
