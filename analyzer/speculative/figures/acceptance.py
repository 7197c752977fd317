"""Recorded run-lengths replayed at any draft length, in passes and at measured costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.speculative.decoding import Pass
from analyzer.speculative.evidence import Evidence, PassTime, Recording
from analyzer.speculative.figures.grouping import grouped, rows
from analyzer.speculative.pass_costs import Cost, PassCosts
from analyzer.speculative.run_lengths import RunLengths, replay


@dataclass(frozen=True, slots=True)
class AcceptanceLine:
    """One drafter on one kind of text at one draft length, replayed from recorded run-lengths."""

    kind: str
    drafter: str
    drafted: int
    answers: int
    passes: int
    drafted_tokens: int
    accepted_tokens: int
    speed_up: tuple[tuple[int, float], ...]
    """(batch, speed-up) by this evidence's own pass times; below 1 is slower. Empty without them,
    or where no such width was timed."""

    @property
    def tokens_per_pass(self) -> float:
        """Mean acceptance length: the target's own token and the accepted drafts."""
        return 1 + self.accepted_tokens / self.passes if self.passes else 1.0

    @property
    def acceptance_rate(self) -> float | None:
        """Share of drafted tokens that were kept; None when nothing was drafted."""
        return self.accepted_tokens / self.drafted_tokens if self.drafted_tokens else None


def acceptance(found: Evidence, lengths: Sequence[int]) -> tuple[AcceptanceLine, ...]:
    """Replay the recorded run-lengths at other draft lengths, by drafter and kind."""
    stages = (found.stages.recordings, found.stages.second_model, found.stages.head)
    recorded = [row for stage in stages for row in rows(stage)]
    groups = grouped(recorded, lambda row: (row.drafter, row.kind))
    costs = pass_costs(found)
    return tuple(
        _acceptance(group, drafted, costs)
        for _, group in sorted(groups.items())
        for drafted in lengths
        if drafted <= min(row.longest for row in group)
    )


def pass_costs(found: Evidence) -> PassCosts | None:
    """The real weights' pass times, in a graph where there were graphs, in the last arithmetic."""
    timed = rows(found.stages.pass_times)
    if not timed:
        return None
    graphs = any(row.runner == "graph" for row in timed)
    dtype = timed[-1].dtype
    chosen = [row for row in timed if row.dtype == dtype and (row.runner == "graph") == graphs]
    return PassCosts(tuple(map(_cost, chosen)), "measured-real-weights", found.label)


def _acceptance(
    group: Sequence[Recording], drafted: int, costs: PassCosts | None
) -> AcceptanceLine:
    passes = [one for row in group for one in replay(_run_lengths(row), drafted)]
    return AcceptanceLine(
        kind=group[0].kind,
        drafter=group[0].drafter,
        drafted=drafted,
        answers=len(group),
        passes=len(passes),
        drafted_tokens=sum(one.drafted for one in passes),
        accepted_tokens=sum(one.accepted for one in passes),
        speed_up=() if costs is None else _speed_up(passes, drafted, costs, group[0].draft_cost),
    )


def _speed_up(
    passes: Sequence[Pass], drafted: int, costs: PassCosts, draft_cost: float
) -> tuple[tuple[int, float], ...]:
    """Time of one token a pass over that of these passes, all of the speculative width.

    The cache is scored whole wherever a text ends, so one context stands for all.
    """
    widths = {point.width for point in costs.points}
    if not {1, drafted + 1} <= widths:
        return ()
    context = costs.points[0].context
    tokens = sum(1 + one.accepted for one in passes)
    asked = sum(one.drafted for one in passes)
    gains = []
    for batch in sorted({point.batch for point in costs.points}):
        single = costs.seconds(batch, 1, context).seconds
        wide = costs.seconds(batch, drafted + 1, context).seconds
        gains.append((batch, tokens * single / (len(passes) * wide + asked * draft_cost * single)))
    return tuple(gains)


def _run_lengths(row: Recording) -> RunLengths:
    return RunLengths(row.proposed, row.accepted, row.longest, row.limit)


def _cost(row: PassTime) -> Cost:
    return Cost(row.batch, row.width, row.context, row.median_s, row.p10_s, row.p90_s, row.n)
