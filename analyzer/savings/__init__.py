"""The savings analysis: from a store and a policy to everything its report prints."""

from analyzer.savings.analysis import Prices, Question, Study, analyse, prepare, settle

__all__ = ["Prices", "Question", "Study", "analyse", "prepare", "settle"]
