"""A fee statement in cents: each printed line is what its formula makes of the lines above."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.gainshare import FeeLine, Statement
from reports.numbers import CENTS, Amount, amount, apportion

KEYS = frozenset({"adjusted baseline", "avoided cost", "net savings", "eligible savings", "due"})
"""Lines that people look for."""
DIFFERENCES: Mapping[str, tuple[str, ...]] = {
    "avoided cost": ("adjusted baseline", "actual bill"),
    "net savings": ("avoided cost", "past their life", "without quality", "own cost"),
    "eligible savings": ("cumulated net savings", "allowance", "hurdle"),
}
"""Lines that are the first less the others."""


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One line."""

    number: int
    name: str
    formula: str
    origin: str
    """Numbers of the lines it is made from."""
    amount: Amount
    key: bool


@dataclass(frozen=True, slots=True)
class FeeRows:
    """A statement."""

    period: str
    document: str
    basis: str
    refused: tuple[str, ...]
    rows: tuple[FeeRow, ...]
    due: Amount
    net: Amount | None


@dataclass(frozen=True, slots=True)
class TrueUpRow:
    """One settled period among the others."""

    period: str
    document: str
    adjusted: Amount | None
    actual: Amount | None
    net: Amount | None
    cumulated: Amount | None
    due: Amount
    paid: Amount
    refused: tuple[str, ...]


def fee_of(statement: Statement) -> FeeRows:
    """Give every line with its number."""
    steps = _printed(statement.lines)
    numbers = {line.name: place for place, line in enumerate(statement.lines, 1)}
    return FeeRows(
        period=statement.period,
        document=statement.document,
        basis=statement.basis,
        refused=statement.refused,
        rows=tuple(
            FeeRow(
                number=numbers[line.name],
                name=line.name[:1].upper() + line.name[1:],
                formula=line.formula,
                origin=", ".join(str(numbers[name]) for name in line.inputs),
                amount=amount(line.value, CENTS, steps[line.name]),
                key=line.name in KEYS,
            )
            for line in statement.lines
        ),
        due=amount(statement.due, CENTS),
        net=_named(statement, "net savings", steps),
    )


def true_up_of(statements: tuple[Statement, ...]) -> tuple[TrueUpRow, ...]:
    """Every period settled so far: what it brought, what was due."""
    rows = []
    for one in statements:
        steps = _printed(one.lines)
        rows.append(
            TrueUpRow(
                period=one.period,
                document=one.document,
                adjusted=_named(one, "adjusted baseline", steps),
                actual=_named(one, "actual bill", steps),
                net=_named(one, "net savings", steps),
                cumulated=_named(one, "cumulated fee", steps),
                due=amount(one.due, CENTS),
                paid=amount(one.paid, CENTS),
                refused=one.refused,
            )
        )
    return tuple(rows)


def _printed(lines: tuple[FeeLine, ...]) -> dict[str, int]:
    """Cents of each line; differences are those of the printed lines, tiers add up."""
    value = {line.name: line.value for line in lines}
    steps: dict[str, int] = {}
    for line in lines:
        steps[line.name] = CENTS.steps(line.value)
        parts = DIFFERENCES.get(line.name)
        if parts and line.value == value[parts[0]] - sum(
            (value[name] for name in parts[1:]), Fraction(0)
        ):
            steps[line.name] = steps[parts[0]] - sum(steps[name] for name in parts[1:])
        if line.name == "cumulated net savings" and line.value == value["net savings"]:
            steps[line.name] = steps["net savings"]
        if line.name == "fee by tiers":
            tiers = [name for name in steps if name.startswith("tier ")]
            own = apportion([value[name] for name in tiers], CENTS, steps[line.name])
            steps.update(zip(tiers, own, strict=True))
    return steps


def _named(statement: Statement, name: str, steps: dict[str, int]) -> Amount | None:
    found = statement.line(name)
    return None if found is None else amount(found, CENTS, steps[name])
