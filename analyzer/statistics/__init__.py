"""Statistics of days, samples and forecasts; they judge figures and are never money owed.

Amounts come in as floats in any one unit, or as exact pico-dollars where a result is an amount.
"""
