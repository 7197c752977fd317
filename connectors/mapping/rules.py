"""Rules on one column that put rows aside or say that they failed."""

from connectors.mapping.paths import Path, Row
from connectors.mapping.schema import Rule
from connectors.mapping.values import text_of


class CompiledRule:
    """A rule with its paths cut."""

    def __init__(self, rule: Rule) -> None:
        self.aside = rule.aside
        self.attempt = rule.attempt
        self._paths = tuple(map(Path, rule.column.path))
        self._equal = _folded(rule.equals)
        self._differ = _folded(rule.differs)
        self._least = rule.at_least
        self._without = tuple(map(Path, rule.without or ()))

    def fits(self, row: Row) -> bool:
        """Tell whether the rule speaks of a row; never of one without the value."""
        raw = row.find(self._paths)
        if self._without:
            return raw is not None and row.find(self._without) is None
        text = text_of(raw)
        if text is None:
            return False
        word = text.casefold()
        if self._least is not None:
            return _at_least(text, self._least)
        return word in self._equal if self._equal is not None else word not in (self._differ or ())


def _folded(words: tuple[str, ...] | None) -> frozenset[str] | None:
    return frozenset(word.casefold() for word in words) if words is not None else None


def _at_least(text: str, least: float) -> bool:
    try:
        return float(text) >= least
    except ValueError:
        return False
