"""How many texts stayed the same, and what moved the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

from analyzer.speculative.evidence import Evidence, Identity
from analyzer.speculative.figures.grouping import grouped, rows
from analyzer.statistics.quantiles import student_quantile, two_sided


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


def identity(found: Evidence) -> tuple[IdentityLine, ...]:
    """Lines of both identity parts, greedy first."""
    return identity_lines([*rows(found.stages.identity), *rows(found.stages.sampled)])


def identity_lines(found: Sequence[Identity]) -> tuple[IdentityLine, ...]:
    """Count rows by temperature, arithmetic and draft length."""
    groups = grouped(found, lambda row: (row.temperature, row.dtype, row.drafted))
    return tuple(_identity(group) for _, group in sorted(groups.items()))


def _identity(group: Sequence[Identity]) -> IdentityLine:
    """Count one group of group."""
    ended = [row for row in group if all(row.ended)]
    gaps = [row.tokens[2] - row.tokens[0] for row in ended]
    return IdentityLine(
        dtype=group[0].dtype,
        drafted=group[0].drafted,
        temperature=group[0].temperature,
        prompts=len(group),
        same_as_width_matched=sum(row.same_as_width_matched for row in group),
        same_as_ordinary=sum(row.same_as_ordinary for row in group),
        unspeculated_differences=sum(
            row.first_unspeculated_difference is not None for row in group
        ),
        unexplained=sum(not row.explained for row in group),
        certified=sum(row.certified for row in group),
        least_margin=min(row.least_margin for row in group),
        largest_shift=max(row.largest_shift for row in group),
        tokens=_added([row.tokens for row in group]),
        ended=len(ended),
        mean_difference=mean(gaps) if gaps else 0.0,
        half_width=_half_width(gaps),
    )


def _added(counts: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    return (sum(c[0] for c in counts), sum(c[1] for c in counts), sum(c[2] for c in counts))


def _half_width(gaps: Sequence[int]) -> float | None:
    free = len(gaps) - 1
    if free < 1:
        return None
    return student_quantile(two_sided(0.90), free) * stdev(gaps) / sqrt(len(gaps))
