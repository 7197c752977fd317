"""Words that several pages share."""

from analyzer.words import counted

_MONTHS_A_YEAR = 12


def each_interval(months: int, term: int) -> str:
    """Say what an amount of an interval is promised for."""
    if months == term:
        return f"for the term of {counted(term, 'month')}"
    if months == _MONTHS_A_YEAR:
        return "for each year"
    return "for each month" if months == 1 else f"for each {counted(months, 'month')}"
