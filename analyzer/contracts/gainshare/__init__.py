"""What the gainshare page prints: the baseline, the rules, and verified periods with their fee."""

from analyzer.contracts.gainshare.gathering import Sheet, gather

__all__ = ["Sheet", "gather"]
