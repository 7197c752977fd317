"""Rows of a stage, and rows grouped by what they share."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from analyzer.speculative.evidence import Stage

RowT = TypeVar("RowT")
Key = TypeVar("Key", bound=Hashable)


def rows(stage: Stage[RowT] | None) -> tuple[RowT, ...]:
    """Rows of a stage; none where it was never begun."""
    return stage.rows if stage else ()


def grouped(found: Iterable[RowT], key: Callable[[RowT], Key]) -> dict[Key, Sequence[RowT]]:
    """Rows by key, in the order in which keys come first."""
    groups: dict[Key, list[RowT]] = defaultdict(list)
    for row in found:
        groups[key(row)].append(row)
    return dict(groups)
