"""What to do next: changes by what they are worth in the month, then what the data asks for."""

from collections.abc import Iterable, Iterator, Mapping

from analyzer.results import Lever, Line, Pico, Savings, Unpriced, WorkloadResult
from analyzer.results.register import Topic
from analyzer.results.review import Action, Forecast, Units, Watch
from analyzer.words import counted


def changes(savings: Savings, worth: Mapping[str, tuple[Pico, Pico]]) -> Iterator[Action]:
    """Accepted changes first, dearest first; then the assumed ones that would save."""
    accepted: list[Action] = []
    assumed: list[Action] = []
    for work in savings.workloads:
        kept, more = worth[work.name]
        accepted += _change(work, [one for one in work.lines if one.accepted], kept)
        assumed += _change(work, [one for one in work.lines if not one.accepted], more)
    for group in (accepted, assumed):
        yield from sorted(group, key=lambda one: (-(one.worth or 0), one.workload))


def _change(work: WorkloadResult, lines: list[Line], worth: Pico) -> Iterator[Action]:
    """One action a workload: its lines act together, and together they were replayed."""
    if not lines or worth <= 0:
        return
    levers: set[Lever] = {line.lever for line in lines}
    yield Action(
        what="; ".join(line.change for line in lines),
        workload=work.name,
        lever=levers.pop() if len(levers) == 1 else None,
        worth=worth,
        grade=max(line.grade for line in lines),
        why="; ".join(line.basis for line in lines),
    )


def upkeep(
    savings: Savings,
    watched: Watch,
    ahead: Forecast | None,
    told: Units,
    unpriced: Iterable[Unpriced],
) -> Iterator[Action]:
    """What the month's data asks for; none of it has an amount of its own."""
    for odd in watched.odd_days:
        what = f"Explain {odd.day}, {odd.what}: it stands out from its weekday"
        where = "" if odd.what == "all workloads" else odd.what
        yield _plain("anomaly", what, "section 3", where)
    if ahead is not None and ahead.budget is not None and ahead.expected > ahead.budget:
        what = f"Decide on {ahead.month}: it is heading over its budget"
        yield _plain("budget", what, "section 5")
    found = savings.reconciliation
    own = [one for one in found.matches if one.what.startswith(told.name)] if found else []
    for level in sorted({one.level for one in own if one.verdict == "fail"}):
        what = f"Find what logs and vendor's report do not agree on ({level})"
        yield _plain("reconciliation", what, "section 7, match with the vendor's reports")
    if found is None:
        what = "Take in the vendor's usage and cost reports"
        yield _plain("reconciliation", what, "nothing is reconciled yet")
    for lost in unpriced:
        calls = counted(lost.requests, "request")
        yield _plain(
            "prices", f"Find the price of {lost.what}", f"{calls} of these days in no figure"
        )
    if savings.ledger.usage_like:
        lines = counted(savings.ledger.usage_like, "line")
        yield _plain("log", "Read the lines that look like usage", f"{lines} not understood")


def _plain(topic: Topic, what: str, why: str, workload: str = "") -> Action:
    return Action(what, workload, None, None, None, why, topic)
