"""The search for a cheaper policy, and how far the best that anyone could do lies away."""

from analyzer.search.bound import Bound, captured, clairvoyant

__all__ = ["Bound", "captured", "clairvoyant"]
