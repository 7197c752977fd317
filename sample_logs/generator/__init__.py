"""Seeded generator of the traffic of Example Corp (synthetic); no line comes from real logs."""
