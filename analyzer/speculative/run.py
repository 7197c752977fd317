"""The whole evidence run, stage by stage, inside a budget of seconds; it goes on where it stopped.

`rebill speculative measure` calls this. On a bare machine with only torch and numpy the same run is
`python3 -m analyzer.speculative --pieces FOLDER -o evidence.json` (`docs/speculative.md`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from analyzer.errors import SpeculativeError
from analyzer.speculative.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.speculative.bench import Bench
    from analyzer.speculative.journal import Row

LEAST_S = 5.0
"""A stage is not begun with less time than this left."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the evidence: a stream of rows, each with a `key` that no other row has."""

    name: str
    rows: "Callable[[Bench, frozenset[str]], Iterator[Row]]"
    """Gives the rows whose keys are not yet known."""
    missing: "Callable[[Bench], str | None]" = lambda _: None
    """Why the stage cannot run here; None when it can."""


def run(
    journal: Journal,
    stages: Sequence[Stage],
    bench: "Bench",
    budget_s: float,
    say: Callable[[str], None],
) -> bool:
    """Run every stage that is not done yet; True when none is left open.

    A stage that fails says why in the file and leaves the others alone; when the budget is used up
    the stage at work is marked `cut`, with the rows it has.
    """
    ends = perf_counter() + budget_s
    for stage in stages:
        if journal.state(stage.name) in {"done", "skipped"}:
            say(f"{stage.name}: already there")
        else:
            _stage(journal, stage, bench, ends, say)
    return journal.finish(stage.name for stage in stages)


def _stage(
    journal: Journal, stage: Stage, bench: "Bench", ends: float, say: Callable[[str], None]
) -> None:
    why = stage.missing(bench)
    if why:
        journal.close(stage.name, "skipped", why)
        say(f"{stage.name}: skipped, {why}")
    elif ends - perf_counter() < LEAST_S:
        journal.close(stage.name, "cut", "the time was used up before it began")
        say(f"{stage.name}: not begun, the time is used up; run again to go on")
    else:
        _rows(journal, stage, bench, ends, say)


def _rows(
    journal: Journal, stage: Stage, bench: "Bench", ends: float, say: Callable[[str], None]
) -> None:
    known = frozenset(str(row["key"]) for row in journal.rows(stage.name))
    begun = last = perf_counter()
    try:
        for row in stage.rows(bench, known):
            journal.add(stage.name, row, perf_counter() - last)
            last = perf_counter()
            if last > ends:
                journal.close(stage.name, "cut", "the time was used up")
                say(f"{stage.name}: cut after {len(journal.rows(stage.name))} rows; run again")
                return
    except (SpeculativeError, RuntimeError, MemoryError) as error:
        # torch raises RuntimeError for a lost device and for memory that is not there
        journal.close(stage.name, "failed", _reason(error))
        say(f"{stage.name}: failed, {_reason(error)}")
        return
    journal.close(stage.name, "done")
    say(f"{stage.name}: {len(journal.rows(stage.name))} rows, {perf_counter() - begun:.1f} s")


def _reason(error: BaseException) -> str:
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0] if first else 'no message'}"
