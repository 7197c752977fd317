"""What an engine, or this project's loop, tells of accepted drafts for one request.

Field names are vLLM's (docs.vllm.ai, features/speculative_decoding/acceptance_metrics), which
NVIDIA's aiperf shares. One is ours: vLLM leaves out steps without a draft, so that a mean over
what it tells is too high for prompt lookup; `num_steps_total` counts them too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeVar

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import Pass

Told = TypeVar("Told")
Detail = Literal["steps", "histogram", "counts", "means"]

_FLOAT_ERROR = Fraction(1, 10**12)
"""Relative: a figure that went through a float is as exact as this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceRecord:
    """Acceptance of one request; None where it was not told. `settled` makes it consistent."""

    engine: str
    acceptance_rule: str | None = None
    """By what rule drafts were accepted; None where the record does not say."""
    num_spec_steps: int | None = None
    """Passes that had drafts to verify."""
    num_steps_total: int | None = None
    """All passes, those without drafts too; the prefill is none of them."""
    num_accepted_draft_tokens: int | None = None
    num_draft_tokens: int | None = None
    num_spec_tokens: int | None = None
    """Most tokens a pass may propose."""
    completion_tokens: int | None = None
    acceptance_histogram: tuple[int, ...] | None = None
    """[j] passes that accepted j drafts; without zeros at the end once settled."""
    acceptance_histogram_by_draft_length: Mapping[int, tuple[int, ...]] | None = None
    """[k][j] passes that accepted j of k drafts."""
    per_step_accepted: tuple[int, ...] | None = None
    per_step_drafted: tuple[int, ...] | None = None
    stated_mean: Decimal | None = None
    """`mean_acceptance_length` as the source printed it."""
    stated_rate: Decimal | None = None
    """`draft_acceptance_rate` as the source printed it."""

    @property
    def detail(self) -> Detail:
        """What the record can carry: a replay needs steps, a distribution a histogram."""
        if self.per_step_accepted is not None and self.per_step_drafted is not None:
            return "steps"
        if self.acceptance_histogram is not None:
            return "histogram"
        counted = self.num_spec_steps is not None and self.num_accepted_draft_tokens is not None
        return "counts" if counted else "means"

    @property
    def mean_acceptance_length(self) -> Fraction | None:
        """Tokens of a pass with drafts, the target's own included: 1 + accepted / steps."""
        counted = _mean(self)
        return _exact(self.stated_mean) if counted is None else counted

    @property
    def draft_acceptance_rate(self) -> Fraction | None:
        """Accepted over proposed drafts."""
        counted = _rate(self)
        return _exact(self.stated_rate) if counted is None else counted

    @property
    def tokens_per_pass(self) -> Fraction | None:
        """Tokens of a pass, passes without drafts included; None where these were not told."""
        if not self.num_steps_total or self.num_accepted_draft_tokens is None:
            return None
        return 1 + Fraction(self.num_accepted_draft_tokens, self.num_steps_total)


def settled(told: AcceptanceRecord) -> AcceptanceRecord:
    """Fill what finer figures tell and refuse a record whose figures contradict each other."""
    lists = _lists(told)
    by_length = _by_length(told, lists)
    stated, steps = told.acceptance_histogram, told.per_step_accepted
    histogram = _agreed(
        "acceptance_histogram",
        ("stated", None if stated is None else _trimmed(stated)),
        (
            "from acceptance_histogram_by_draft_length",
            None if by_length is None else _pooled(by_length),
        ),
        ("from per_step_accepted", None if steps is None else _counted(steps)),
    )
    record = replace(
        told,
        acceptance_histogram=histogram,
        acceptance_histogram_by_draft_length=by_length,
        num_spec_steps=_agreed(
            "num_spec_steps",
            ("stated", told.num_spec_steps),
            ("from the histogram", None if histogram is None else sum(histogram)),
        ),
        num_accepted_draft_tokens=_agreed(
            "num_accepted_draft_tokens",
            ("stated", told.num_accepted_draft_tokens),
            ("from the histogram", None if histogram is None else _weighted(histogram)),
        ),
        num_draft_tokens=_agreed(
            "num_draft_tokens",
            ("stated", told.num_draft_tokens),
            ("from draft lengths", None if by_length is None else _proposed(by_length)),
        ),
    )
    _bounds(record, by_length or {})
    _near("mean_acceptance_length", told.stated_mean, _mean(record))
    _near("draft_acceptance_rate", told.stated_rate, _rate(record))
    return record


def of_passes(
    passes: Sequence[Pass], drafted: int, *, engine: str = "rebill", rule: str = "greedy"
) -> AcceptanceRecord:
    """Tell the passes of one decoded text, of at most `drafted` proposed tokens each."""
    verified = [one for one in passes if one.drafted]
    return settled(
        AcceptanceRecord(
            engine=engine,
            acceptance_rule=rule,
            num_steps_total=len(passes),
            num_spec_tokens=drafted,
            completion_tokens=1 + sum(1 + one.accepted for one in passes),
            per_step_accepted=tuple(one.accepted for one in verified),
            per_step_drafted=tuple(one.drafted for one in verified),
        )
    )


def passes_of(record: AcceptanceRecord) -> tuple[Pass, ...]:
    """Give a record's passes: those with drafts in order, then those without.

    Needs per-step lists and `num_steps_total`; where passes without drafts stood is not told.
    """
    accepted, drafted = record.per_step_accepted, record.per_step_drafted
    if accepted is None or drafted is None or record.num_steps_total is None:
        raise SpeculativeError(
            f"a record of {record.detail} cannot be replayed: it needs per_step_accepted,"
            " per_step_drafted and num_steps_total"
        )
    verified = [Pass(*pair) for pair in zip(drafted, accepted, strict=True)]
    return (*verified, *[Pass(0, 0)] * (record.num_steps_total - len(verified)))


def _lists(told: AcceptanceRecord) -> list[tuple[int, int]] | None:
    """(drafted, accepted) of each step."""
    accepted, drafted = told.per_step_accepted, told.per_step_drafted
    if accepted is None or drafted is None:
        return None
    _agreed(
        "number of steps",
        ("in per_step_accepted", len(accepted)),
        ("in per_step_drafted", len(drafted)),
    )
    for step, (kept, proposed) in enumerate(zip(accepted, drafted, strict=True)):
        if kept > proposed:
            raise SpeculativeError(f"per_step_accepted[{step}]: {kept} of {proposed} drafts")
    return list(zip(drafted, accepted, strict=True))


def _by_length(
    told: AcceptanceRecord, lists: list[tuple[int, int]] | None
) -> dict[int, tuple[int, ...]] | None:
    stated = told.acceptance_histogram_by_draft_length
    counted = None if lists is None else Counter(lists)
    return _agreed(
        "acceptance_histogram_by_draft_length",
        ("stated", None if stated is None else _dense(stated)),
        ("from the per-step lists", None if counted is None else _rows(counted)),
    )


def _dense(stated: Mapping[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    for length, row in stated.items():
        if len(_trimmed(row)) > length + 1:
            raise SpeculativeError(
                f"acceptance_histogram_by_draft_length[{length}]: {len(_trimmed(row)) - 1}"
                f" accepted of {length} drafts"
            )
    rows = {length: (*row, *[0] * length)[: length + 1] for length, row in sorted(stated.items())}
    return {length: row for length, row in rows.items() if any(row)}


def _rows(counted: Mapping[tuple[int, int], int]) -> dict[int, tuple[int, ...]]:
    lengths = sorted({drafted for drafted, _ in counted})
    return {
        length: tuple(counted.get((length, kept), 0) for kept in range(length + 1))
        for length in lengths
    }


def _pooled(rows: Mapping[int, tuple[int, ...]]) -> tuple[int, ...]:
    longest = max(rows, default=0)
    padded = [(*row, *[0] * (longest + 1 - len(row))) for row in rows.values()]
    return _trimmed(tuple(sum(column) for column in zip(*padded, strict=True)))


def _counted(values: Sequence[int]) -> tuple[int, ...]:
    """How often 0, 1, .. stand in a list."""
    times = Counter(values)
    return tuple(times[value] for value in range(max(times, default=-1) + 1))


def _trimmed(histogram: Sequence[int]) -> tuple[int, ...]:
    """Without zeros at the end: engines differ in how far they print."""
    length = len(histogram)
    while length and not histogram[length - 1]:
        length -= 1
    return tuple(histogram[:length])


def _weighted(histogram: Iterable[int]) -> int:
    return sum(accepted * passes for accepted, passes in enumerate(histogram))


def _proposed(rows: Mapping[int, tuple[int, ...]]) -> int:
    return sum(length * sum(row) for length, row in rows.items())


def _agreed(name: str, *tellings: tuple[str, Told | None]) -> Told | None:
    """Give the one figure that all tellings share; None where nobody tells it."""
    known = [(where, value) for where, value in tellings if value is not None]
    if not known:
        return None
    for where, value in known[1:]:
        if value != known[0][1]:
            raise SpeculativeError(f"{name}: {known[0][1]} {known[0][0]}, but {value} {where}")
    return known[0][1]


def _bounds(record: AcceptanceRecord, rows: Mapping[int, tuple[int, ...]]) -> None:
    """Refuse counts that cannot be."""
    longest = max([len(record.acceptance_histogram or ()) - 1, *rows])
    for less, more in (
        ("num_accepted_draft_tokens", "num_draft_tokens"),
        ("num_spec_steps", "num_steps_total"),
    ):
        _at_most(less, getattr(record, less), more, getattr(record, more))
    _at_most("longest draft", longest, "num_spec_tokens", record.num_spec_tokens)


def _at_most(less: str, low: int | None, more: str, high: int | None) -> None:
    if low is not None and high is not None and low > high:
        raise SpeculativeError(f"{less} is {low}, more than {more}, which is {high}")


def _mean(record: AcceptanceRecord) -> Fraction | None:
    if not record.num_spec_steps or record.num_accepted_draft_tokens is None:
        return None
    return 1 + Fraction(record.num_accepted_draft_tokens, record.num_spec_steps)


def _rate(record: AcceptanceRecord) -> Fraction | None:
    if not record.num_draft_tokens or record.num_accepted_draft_tokens is None:
        return None
    return Fraction(record.num_accepted_draft_tokens, record.num_draft_tokens)


def _exact(stated: Decimal | None) -> Fraction | None:
    return None if stated is None else Fraction(stated)


def _near(name: str, stated: Decimal | None, counted: Fraction | None) -> None:
    """Refuse a stated ratio that its own counts do not give, at the digits it is printed with."""
    if stated is None or counted is None:
        return
    exponent = stated.as_tuple().exponent
    half = Fraction(Decimal((0, (5,), int(exponent) - 1)))
    if abs(Fraction(stated) - counted) > max(half, counted * _FLOAT_ERROR):
        raise SpeculativeError(f"{name}: {stated} stated, but the counts give {float(counted)}")
