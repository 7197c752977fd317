"""Figures of an evidence file: counts first, ratios last; nothing slower is left out."""
