"""Tokens a second, what a pass costs, and a library beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from analyzer.speculative.evidence import Evidence, Library, PassTime, Speed
from analyzer.speculative.figures.grouping import grouped, rows


@dataclass(frozen=True, slots=True)
class SpeedLine:
    """Tokens a second of one kind of text at one batch and draft length, run by run."""

    kind: str
    dtype: str
    batch: int
    drafted: int
    tokens_per_s: tuple[float, ...]
    """One for each interleaved run, ordered."""
    speed_up: tuple[float, ...]
    """Against the ordinary loop of the same run, ordered; below 1 is slower."""
    first_token_s: float
    """Median; drafting begins after the first token."""


@dataclass(frozen=True, slots=True)
class PassLine:
    """What a pass of some width costs against one of width 1, same batch."""

    model: str
    dtype: str
    runner: str
    batch: int
    width: int
    context: int
    median_s: float
    spread_s: tuple[float, float]
    """10th and 90th percentile."""
    ratio: float | None
    """To the width-1 pass; None where none was timed."""
    floor_s: float | None
    """Reading the weights once at the measured copy rate; None where that was not measured."""
    provenance: str
    """`measured-real-weights` or `measured-random-weights`."""


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """One mode of the transformers library."""

    mode: str
    dtype: str
    prompts: int
    same: int
    same_as_ours: int
    tokens_per_s: float
    tokens_per_forward: float
    ours_over_it: float | None
    """Tokens a second of our ordinary loop over those of this mode; None where not timed."""


def speeds(found: Evidence) -> tuple[SpeedLine, ...]:
    """Tokens a second and speed-ups by kind, batch and draft length."""
    timed = rows(found.stages.speeds)
    ordinary = _rates([row for row in timed if not row.drafted])
    groups = grouped(timed, lambda row: (row.dtype, row.batch, row.kind, row.drafted))
    return tuple(_speed(group, ordinary) for _, group in sorted(groups.items()))


def _speed(group: Sequence[Speed], ordinary: dict[tuple[str, str, int, int], float]) -> SpeedLine:
    own = _rates(group)
    gains = [rate / ordinary[key] for key, rate in own.items() if ordinary.get(key)]
    return SpeedLine(
        kind=group[0].kind,
        dtype=group[0].dtype,
        batch=group[0].batch,
        drafted=group[0].drafted,
        tokens_per_s=tuple(sorted(own.values())),
        speed_up=tuple(sorted(gains)),
        first_token_s=median(row.first_token_s for row in group),
    )


def _rates(timed: Iterable[Speed]) -> dict[tuple[str, str, int, int], float]:
    """Tokens a second by (kind, dtype, batch, run), the prompts of a kind taken together."""
    groups = grouped(timed, lambda row: (row.kind, row.dtype, row.batch, row.run))
    return {
        key: sum(row.tokens for row in group) / sum(row.decode_s for row in group)
        for key, group in groups.items()
    }


def passes(found: Evidence) -> tuple[PassLine, ...]:
    """Pass times of the real weights and of the random shapes, with the ratio to width 1."""
    real, shapes = rows(found.stages.pass_times), rows(found.stages.shapes)
    plain = {_place(row): row.median_s for row in (*real, *shapes) if row.width == 1}
    rate = copy_rate(found)
    tagged = [(row, "measured-real-weights") for row in real]
    tagged += [(row, "measured-random-weights") for row in shapes]
    return tuple(_pass_line(row, plain.get(_place(row)), rate, tag) for row, tag in tagged)


def copy_rate(found: Evidence) -> float | None:
    """Bytes a second that the device reads and writes in a large copy; None when not measured."""
    ceilings = rows(found.stages.ceilings)
    return next((row.value for row in ceilings if row.key == "copy"), None)


def _pass_line(row: PassTime, plain: float | None, rate: float | None, provenance: str) -> PassLine:
    return PassLine(
        model=row.model,
        dtype=row.dtype,
        runner=row.runner,
        batch=row.batch,
        width=row.width,
        context=row.context,
        median_s=row.median_s,
        spread_s=(row.p10_s, row.p90_s),
        ratio=row.median_s / plain if plain else None,
        floor_s=row.weight_bytes / rate if rate else None,
        provenance=provenance,
    )


def _place(row: PassTime) -> tuple[str, str, str, int, int]:
    return (row.model, row.dtype, row.runner, row.batch, row.context)


def library(found: Evidence) -> tuple[LibraryLine, ...]:
    """Modes of the transformers library, beside our own texts."""
    groups = grouped(rows(found.stages.library), lambda row: (row.dtype, row.mode))
    return tuple(_library(group) for group in groups.values())


def _library(group: Sequence[Library]) -> LibraryLine:
    tokens = sum(row.tokens for row in group)
    return LibraryLine(
        mode=group[0].mode,
        dtype=group[0].dtype,
        prompts=len(group),
        same=sum(row.same for row in group),
        same_as_ours=sum(row.same_as_ours for row in group),
        tokens_per_s=tokens / sum(row.seconds for row in group),
        tokens_per_forward=tokens / max(1, sum(row.forwards for row in group)),
        ours_over_it=_ours_over_it(group),
    )


def _ours_over_it(group: Sequence[Library]) -> float | None:
    beside = [(row.our_tokens, row.our_seconds, row.tokens, row.seconds) for row in group]
    ours = [(tokens, seconds) for tokens, seconds, *_ in beside if tokens and seconds]
    if len(ours) < len(beside):
        return None
    rate = sum(tokens for tokens, _ in ours) / sum(seconds for _, seconds in ours)
    return rate / (sum(row.tokens for row in group) / sum(row.seconds for row in group))
