"""Fields of acceptance records, read as what they must be; each error names the field."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from analyzer.errors import SpeculativeError

LONGEST_DRAFT = 4096
"""No engine drafts more in a pass; a larger key would only fill memory with zeros."""
DIGITS = 30
"""Numbers of more digits before or behind the point are no measurements."""


class Fields:
    """Fields of one record, read as what they must be; None stays None."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told

    def count(self, name: str) -> int | None:
        """A whole number of 0 or more."""
        value = self._told.get(name)
        return None if value is None else _count(name, value)

    def counts(self, name: str) -> tuple[int, ...] | None:
        """A list of them."""
        value = self._told.get(name)
        return None if value is None else _counts(name, value)

    def histogram(self, name: str) -> tuple[int, ...] | None:
        """A dense list, or aiperf's sparse object of accepted count to passes."""
        value = self._told.get(name)
        if not isinstance(value, dict):
            return self.counts(name)
        sparse = {_key(name, key): _count(f"{name}.{key}", passes) for key, passes in value.items()}
        return tuple(sparse.get(kept, 0) for kept in range(max(sparse, default=-1) + 1))

    def rows(self, name: str) -> dict[int, tuple[int, ...]] | None:
        """An object of draft length to a list of counts."""
        value = self._told.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise SpeculativeError(f"{name}: an object of lists is needed")
        return {_key(name, key): _counts(f"{name}.{key}", row) for key, row in value.items()}

    def number(self, name: str) -> Decimal | None:
        """A number as it was printed."""
        value = self._told.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise SpeculativeError(f"{name}: a number is needed, not {type(value).__name__}")
        told = Decimal(value)
        if told and not -DIGITS < told.adjusted() < DIGITS:
            raise SpeculativeError(f"{name}: a number of ordinary size is needed")
        return told


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SpeculativeError(f"{name}: a whole number of 0 or more is needed")
    return value


def _counts(name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise SpeculativeError(f"{name}: a list is needed, not {type(value).__name__}")
    return tuple(_count(f"{name}[{place}]", one) for place, one in enumerate(value))


def _key(name: str, key: str) -> int:
    digits = key.isascii() and key.isdigit() and len(key) <= len(str(LONGEST_DRAFT))
    if not digits or int(key) > LONGEST_DRAFT:
        raise SpeculativeError(f"{name}: its keys are counts of drafts, 0 to {LONGEST_DRAFT}")
    return int(key)
