"""Numbers inside sentences."""


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, one or many."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
