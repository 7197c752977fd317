"""Run-lengths for the serving effect: published ones where there are, measured ones elsewhere."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

import msgspec

from analyzer.simulators.pass_costs import CostTable, Point
from analyzer.simulators.recordings import RecordedAnswer, Recording
from analyzer.simulators.run_lengths import Speculation, published
from analyzer.speculative import evidence
from analyzer.speculative.evidence import Evidence

LOOKUP = "prompt-lookup"
DRAFTED = 4
"""Drafts a pass checks at most: the length whose identity every evidence file proves."""
SHAPE, ARITHMETIC = "llama-8b", "bfloat16"
"""Measured costs that stand for a served model; random weights cost what real ones do."""


@cache
def measured() -> Speculation:
    """Published run-lengths, and for kinds without any those of the evidence that ships.

    A drafter trained for its model gains more than prompt lookup, so a published one goes first.
    """
    found = evidence.shipped()
    return with_evidence(published(), found[0]) if found else published()


def gpu_evidence() -> str:
    """What every page prints of the device: the CUDA run there is, or that there is none."""
    return evidence.gpu_note(evidence.shipped())


def with_evidence(base: Speculation, found: Evidence) -> Speculation:
    """Add an evidence file's prompt-lookup answers for the kinds that have no run-lengths yet."""
    table = _table(found)
    recordings = tuple(
        _recording(kind, found, table) for kind in sorted(_kinds(found)) if kind not in base.kinds
    )
    return msgspec.structs.replace(
        base,
        recordings=(*base.recordings, *recordings),
        kinds=base.kinds | {one.id.removeprefix("measured-"): one.id for one in recordings},
        cost_tables=(*base.cost_tables, *([table] if table else [])),
    )


def _kinds(found: Evidence) -> set[str]:
    return {row.kind for row in _rows(found)}


def _recording(kind: str, found: Evidence, table: CostTable | None) -> Recording:
    answers = tuple(
        # Here a place counts the tokens written before it; the first is never drafted.
        RecordedAnswer((0, *row.proposed), (0, *row.accepted))
        for row in _rows(found)
        if row.kind == kind and row.proposed
    )
    recording = Recording(
        id=f"measured-{kind}",
        tag=f"measured-real-weights: SmolLM2-135M, prompt lookup, {len(answers)} answers",
        drafted=DRAFTED,
        answers=answers,
        measured_on=found.label,
        source="analyzer/speculative/evidence_files",
        cost=table.id if table else None,
    )
    recording.refuse_faults()
    return recording


def _rows(found: Evidence) -> "Sequence[evidence.Recording]":
    stage = found.stages.recordings
    return [row for row in stage.rows if row.drafter == LOOKUP] if stage else []


def _table(found: Evidence) -> CostTable | None:
    """Pass costs of a served model's size; only a GPU's stand for how a provider serves."""
    stage = found.stages.shapes
    if found.device.kind != "cuda" or stage is None:
        return None
    points = tuple(
        Point(row.batch, row.width, Decimal(repr(row.median_s)))
        for row in stage.rows
        if row.model == SHAPE and row.dtype == ARITHMETIC and row.runner == "graph"
    )
    if not points or max(point.width for point in points) <= DRAFTED:
        return None
    tag = f"measured-random-weights: {SHAPE}, {found.label}"
    table = CostTable("measured", tag, points, found.label, "analyzer/speculative/evidence_files")
    table.refuse_gaps()
    return table
