"""Figures of an evidence file: counts first, ratios last; nothing that was slower is left out."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import TypeVar

from analyzer.speculative.evidence import Evidence, Identity, Library, PassTime, Recording, Speed
from analyzer.speculative.run_lengths import RunLengths, replay

_Row = TypeVar("_Row")
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """All prompts at one arithmetic, draft length and temperature."""

    dtype: str
    drafted: int
    temperature: float
    prompts: int
    same_as_width_matched: int
    same_as_ordinary: int
    unspeculated_differences: int
    """Prompts whose text changed by the width of the pass alone, nothing being drafted."""
    unexplained: int
    """Differences at a margin larger than rounding was seen to move."""
    certified: int
    """Prompts whose every margin is over twice the shift of the logits."""
    least_margin: float
    largest_shift: float
    tokens: tuple[int, int, int]
    """Output tokens: ordinary, width-matched, speculative."""
    ended: int
    """Prompts of which all three came to the end of the text before the limit."""
    mean_difference: float
    """Mean of speculative minus ordinary output tokens, over those prompts."""
    half_width: float | None
    """Half of the 90 % interval of that mean; None under two prompts."""

    @property
    def proven(self) -> bool:
        """Whether speculation changed no token, and rounding explains what width changed."""
        return self.same_as_width_matched == self.prompts and not self.unexplained


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

    @property
    def tokens_per_pass(self) -> float:
        """Mean acceptance length: the target's own token and the accepted drafts."""
        return 1 + self.accepted_tokens / self.passes if self.passes else 1.0

    @property
    def acceptance_rate(self) -> float | None:
        """Share of drafted tokens that were kept; None when nothing was drafted."""
        return self.accepted_tokens / self.drafted_tokens if self.drafted_tokens else None


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


def identity(found: Evidence) -> tuple[IdentityLine, ...]:
    """Lines of both identity parts, greedy first."""
    return identity_lines([*_rows(found.stages.identity), *_rows(found.stages.sampled)])


def identity_lines(rows: Sequence[Identity]) -> tuple[IdentityLine, ...]:
    """Count rows by temperature, arithmetic and draft length."""
    groups = _grouped(rows, lambda row: (row.temperature, row.dtype, row.drafted))
    return tuple(_identity(group) for _, group in sorted(groups.items()))


def _identity(rows: Sequence[Identity]) -> IdentityLine:
    """Count one group of rows."""
    ended = [row for row in rows if all(row.ended)]
    gaps = [row.tokens[2] - row.tokens[0] for row in ended]
    return IdentityLine(
        dtype=rows[0].dtype,
        drafted=rows[0].drafted,
        temperature=rows[0].temperature,
        prompts=len(rows),
        same_as_width_matched=sum(row.same_as_width_matched for row in rows),
        same_as_ordinary=sum(row.same_as_ordinary for row in rows),
        unspeculated_differences=sum(row.first_unspeculated_difference is not None for row in rows),
        unexplained=sum(not row.explained for row in rows),
        certified=sum(row.certified for row in rows),
        least_margin=min(row.least_margin for row in rows),
        largest_shift=max(row.largest_shift for row in rows),
        tokens=_added([row.tokens for row in rows]),
        ended=len(ended),
        mean_difference=mean(gaps) if gaps else 0.0,
        half_width=_half_width(gaps),
    )


def _added(counts: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    return (sum(c[0] for c in counts), sum(c[1] for c in counts), sum(c[2] for c in counts))


def acceptance(found: Evidence, lengths: Sequence[int]) -> tuple[AcceptanceLine, ...]:
    """Replay the recorded run-lengths at other draft lengths, by drafter and kind."""
    groups = _grouped(_rows(found.stages.recordings), lambda row: (row.drafter, row.kind))
    return tuple(
        _acceptance(group, drafted)
        for _, group in sorted(groups.items())
        for drafted in lengths
        if drafted <= min(row.longest for row in group)
    )


def _acceptance(rows: Sequence[Recording], drafted: int) -> AcceptanceLine:
    passes = [
        one for row in rows for one in replay(_run_lengths(row), drafted)
    ]
    return AcceptanceLine(
        kind=rows[0].kind,
        drafter=rows[0].drafter,
        drafted=drafted,
        answers=len(rows),
        passes=len(passes),
        drafted_tokens=sum(one.drafted for one in passes),
        accepted_tokens=sum(one.accepted for one in passes),
    )


def _run_lengths(row: Recording) -> RunLengths:
    return RunLengths(row.proposed, row.accepted, row.longest, row.limit)


def speeds(found: Evidence) -> tuple[SpeedLine, ...]:
    """Tokens a second and speed-ups by kind, batch and draft length."""
    rows = _rows(found.stages.speeds)
    ordinary = _rates([row for row in rows if not row.drafted])
    groups = _grouped(rows, lambda row: (row.dtype, row.batch, row.kind, row.drafted))
    return tuple(_speed(group, ordinary) for _, group in sorted(groups.items()))


def _speed(rows: Sequence[Speed], ordinary: dict[tuple[str, str, int, int], float]) -> SpeedLine:
    own = _rates(rows)
    gains = [rate / ordinary[key] for key, rate in own.items() if ordinary.get(key)]
    return SpeedLine(
        kind=rows[0].kind,
        dtype=rows[0].dtype,
        batch=rows[0].batch,
        drafted=rows[0].drafted,
        tokens_per_s=tuple(sorted(own.values())),
        speed_up=tuple(sorted(gains)),
        first_token_s=median(row.first_token_s for row in rows),
    )


def _rates(rows: Iterable[Speed]) -> dict[tuple[str, str, int, int], float]:
    """Tokens a second by (kind, dtype, batch, run), the prompts of a kind taken together."""
    groups = _grouped(rows, lambda row: (row.kind, row.dtype, row.batch, row.run))
    return {
        key: sum(row.tokens for row in group) / sum(row.decode_s for row in group)
        for key, group in groups.items()
    }


def passes(found: Evidence) -> tuple[PassLine, ...]:
    """Pass times of the real weights and of the random shapes, with the ratio to width 1."""
    rows = [*_rows(found.stages.pass_times), *_rows(found.stages.shapes)]
    plain = {_place(row): row.median_s for row in rows if row.width == 1}
    rate = copy_rate(found)
    return tuple(_pass_line(row, plain.get(_place(row)), rate) for row in rows)


def copy_rate(found: Evidence) -> float | None:
    """Bytes a second that the device reads and writes in a large copy; None when not measured."""
    rows = _rows(found.stages.ceilings)
    return next((row.value for row in rows if row.key == "copy"), None)


def _pass_line(row: PassTime, plain: float | None, rate: float | None) -> PassLine:
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
    )


def _place(row: PassTime) -> tuple[str, str, str, int, int]:
    return (row.model, row.dtype, row.runner, row.batch, row.context)


def library(found: Evidence) -> tuple[LibraryLine, ...]:
    """Modes of the transformers library, beside our own texts."""
    groups = _grouped(_rows(found.stages.library), lambda row: (row.dtype, row.mode))
    return tuple(_library(group) for group in groups.values())


def _library(rows: Sequence[Library]) -> LibraryLine:
    tokens = sum(row.tokens for row in rows)
    return LibraryLine(
        mode=rows[0].mode,
        dtype=rows[0].dtype,
        prompts=len(rows),
        same=sum(row.same for row in rows),
        same_as_ours=sum(row.same_as_ours for row in rows),
        tokens_per_s=tokens / sum(row.seconds for row in rows),
        tokens_per_forward=tokens / max(1, sum(row.forwards for row in rows)),
    )


_T90 = (
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812,
    1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725,
    1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
)  # fmt: skip
"""Student's t, 95th percentile, 1 to 30 degrees of freedom; the last stands for more, a bit wide."""


def _half_width(gaps: Sequence[int]) -> float | None:
    free = len(gaps) - 1
    if free < 1:
        return None
    return _T90[min(free, len(_T90)) - 1] * stdev(gaps) / len(gaps) ** 0.5


def _rows(stage: object) -> tuple[_Row, ...]:
    rows: tuple[_Row, ...] = getattr(stage, "rows", ())
    return rows


def _grouped(rows: Iterable[_Row], key: Callable[[_Row], _Key]) -> dict[_Key, list[_Row]]:
    groups: dict[_Key, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups
