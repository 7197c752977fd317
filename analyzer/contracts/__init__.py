"""Contracts: what was promised, what was saved, what is owed and how much to promise."""
