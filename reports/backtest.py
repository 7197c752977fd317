"""The back-test as tables: halves that never saw what they predict, and each loss model."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from statistics import median, quantiles, stdev

from analyzer.results import BackTest, Half
from reports.numbers import count, percent

GATE = Fraction(5, 100)
"""A loss model further than this from either chronological half is not used."""


@dataclass(frozen=True, slots=True)
class TestRow:
    """One half, or the mean of the random ones."""

    what: str
    calls: str
    error: str
    interval: str
    point: str
    reads: str
    writes: str
    exact: str
    near: str


@dataclass(frozen=True, slots=True)
class BackTestView:
    """Everything the page prints of a back-test."""

    sentence: str
    rows: tuple[TestRow, ...]
    lives: tuple[tuple[str, str], ...]
    """Life of the marks, mean error over the random halves."""
    apart: str
    """How far errors of different lives lie apart; empty where the log shows one alone."""
    groups: tuple[tuple[str, str, str], ...]
    """By what, which, mean error over the random halves in which it stands."""
    rates: tuple[tuple[str, str, str, str], ...]
    """Who spoke last, calls, share that lost the prefix, 90 % interval."""
    models: tuple[tuple[str, str, str, str], ...]
    """Loss model, error on the earlier and on the later half, whether it is used."""


def back_test_of(tested: BackTest | None) -> BackTestView | None:
    """Printed figures of a back-test; None without one."""
    if tested is None:
        return None
    return BackTestView(
        sentence=_sentence(tested),
        rows=(_mean_row(tested), *(_row(half) for half in tested.chronological)),
        lives=_lives(tested),
        apart="" if tested.between_lives is None else percent(tested.between_lives),
        groups=(
            *_groups("model", [half.by_model for half in tested.halves]),
            *_groups("workload", [half.by_workload for half in tested.halves]),
        ),
        rates=tuple(
            (
                _SPOKE.get(rate.occasion, rate.occasion),
                count(rate.calls),
                percent(Fraction(rate.lost, rate.calls)),
                f"{percent(rate.low)} to {percent(rate.high)}",
            )
            for rate in tested.rates
        ),
        models=tuple(
            (
                model.name,
                _signed(model.earlier),
                _signed(model.later),
                "yes" if model.worst <= GATE else "no: further than 5 % from a half",
            )
            for model in tested.models
        ),
    )


_SPOKE = {
    "user": "a person, or a program in one's place",
    "tool": "a tool that the model had called",
    "first": "nobody: first call of a session",
    "restart": "after a compaction, a resume or a cut",
    "unknown": "not told",
}


def _groups(
    what: str, told: list[tuple[tuple[str, Fraction], ...]]
) -> tuple[tuple[str, str, str], ...]:
    """Mean error of each group, in the order in which they first stand."""
    found: dict[str, list[Fraction]] = {}
    for half in told:
        for name, error in half:
            found.setdefault(name, []).append(error)
    return tuple(
        (what, name, _signed(sum(errors, Fraction(0)) / len(errors)))
        for name, errors in found.items()
    )


def _sentence(tested: BackTest) -> str:
    spread = stdev(float(half.error) for half in tested.halves) if len(tested.halves) > 1 else 0.0
    sessions = _pooled(tested, lambda half: half.session_errors)
    typical = ""
    if len(sessions) > 1:
        most = quantiles(map(float, sessions), n=10)[-1]
        typical = (
            f"; half of all sessions of ten calls come out within {float(median(sessions)):.1%}, "
            f"nine tenths within {most:.1%}"
        )
    return (
        f"{len(tested.halves)} random halves of {count(tested.sessions)} sessions, each predicted "
        f"from the other: {_signed(tested.mean_error)} on average, standard deviation "
        f"{spread:.1%}, {tested.inside} inside their printed 90 % interval{typical}."
    )


def _pooled(tested: BackTest, values: Callable[[Half], tuple[Fraction, ...]]) -> list[Fraction]:
    return [value for half in tested.halves for value in values(half)]


def _mean_row(tested: BackTest) -> TestRow:
    halves = tested.halves

    def mean(value: Callable[[Half], Fraction]) -> Fraction:
        return sum((value(half) for half in halves), Fraction(0)) / len(halves)

    return TestRow(
        what=f"random halves, mean of {len(halves)}",
        calls=count(sum(half.calls for half in halves) // len(halves)),
        error=_signed(tested.mean_error),
        interval=_within(mean(lambda half: half.half_width)),
        point=_signed(mean(lambda half: half.point_error)),
        reads=_signed(mean(lambda half: half.read_error)),
        writes=_signed(mean(lambda half: half.write_error)),
        exact=percent(mean(lambda half: Fraction(half.exact_calls, max(half.calls, 1)))),
        near=percent(mean(lambda half: Fraction(half.near_calls, max(half.calls, 1)))),
    )


def _row(half: Half) -> TestRow:
    return TestRow(
        what=f"{half.what}, predicted from the other",
        calls=count(half.calls),
        error=_signed(half.error),
        interval=_within(half.half_width),
        point=_signed(half.point_error),
        reads=_signed(half.read_error),
        writes=_signed(half.write_error),
        exact=percent(Fraction(half.exact_calls, max(half.calls, 1))),
        near=percent(Fraction(half.near_calls, max(half.calls, 1))),
    )


def _lives(tested: BackTest) -> tuple[tuple[str, str], ...]:
    found: dict[int, list[Fraction]] = {}
    for half in tested.halves:
        for life, error in half.by_life:
            found.setdefault(life, []).append(error)
    names = {0: "no marks", 300: "5 minutes", 3600: "1 hour"}
    return tuple(
        (names.get(life, f"{life} s"), _signed(sum(errors, Fraction(0)) / len(errors)))
        for life, errors in sorted(found.items())
    )


def _signed(error: Fraction) -> str:
    return percent(error, signed=True)


def _within(width: Fraction) -> str:
    return f"± {percent(width)}"
