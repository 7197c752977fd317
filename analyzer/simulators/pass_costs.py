"""What one pass of a model costs by load and width: a published fit, or a measured table.

Only ratios leave here: a pass of some width over a plain pass at the same load.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from analyzer.errors import SpeculativeError


class PassCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Microseconds of one decoding step, linear in its tokens and in the cached context."""

    tag: str
    pass_us: Decimal
    token_us: Decimal
    kv_token_us: Decimal
    step_us: Decimal
    """Scheduling overhead of a step, with or without drafts."""
    draft_us: Decimal
    draft_token_us: Decimal
    draft_kv_token_us: Decimal
    measured_on: str
    source: str
    licence: str

    def relative(self, batch: int, context_tokens: int, drafted: int) -> Fraction:
        """Cost of a step with the fit's own drafter over that of a plain one at the same load."""
        draft = self.draft_us + self.draft_token_us * (drafted + 1)
        draft += self.draft_kv_token_us * batch * context_tokens
        return self.widened(batch, context_tokens, drafted, draft)

    def widened(
        self, batch: int, context_tokens: int, drafted: int, draft_us: Decimal = Decimal(0)
    ) -> Fraction:
        """Cost of a pass that checks so many drafts, and `draft_us` beside it, over a plain one."""
        cached = batch * context_tokens
        wide = self._step(batch * (drafted + 1), cached) + draft_us
        return Fraction(wide) / Fraction(self._step(batch, cached))

    def _step(self, tokens: int, cached: int) -> Decimal:
        return self.pass_us + self.step_us + self.token_us * tokens + self.kv_token_us * cached


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measured pass."""

    batch: int
    width: int
    """Tokens scored for each call: the drafts and one more."""
    seconds: Decimal


class CostTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measured passes by batch and width; between points, a straight line.

    Below the smallest batch its own cost holds; above the greatest, the last two points are carried
    on in a straight line, never falling. A width beyond the measured ones is refused.
    """

    id: str
    tag: str
    """Provenance, for example `measured-real-weights:...`."""
    points: tuple[Point, ...]
    measured_on: str
    source: str

    def widened(self, batch: int, drafted: int, draft_us: Decimal = Decimal(0)) -> Fraction:
        """Cost of a pass that checks so many drafts, and `draft_us` beside it, over a plain one."""
        wide = self._seconds(batch, drafted + 1) + Fraction(draft_us) / 10**6
        return wide / self._seconds(batch, 1)

    @property
    def widest(self) -> int:
        """Tokens of the widest measured pass."""
        return max((point.width for point in self.points), default=0)

    def refuse_gaps(self) -> None:
        """Refuse a table from which no ratio can be had.

        Raises:
            SpeculativeError: no plain pass, a time that is not above 0, or a point twice.
        """
        places = [(point.batch, point.width) for point in self.points]
        if not any(width == 1 for _, width in places):
            raise SpeculativeError(f"pass costs `{self.id}`: no point of width 1, measure one")
        for point in self.points:
            if min(point.batch, point.width) < 1 or point.seconds <= 0:
                raise SpeculativeError(
                    f"pass costs `{self.id}`: batch {point.batch}, width {point.width}: "
                    "batch, width and seconds are numbers above 0"
                )
        if len({*places}) < len(places):
            raise SpeculativeError(f"pass costs `{self.id}`: a point stands twice, keep one")

    def _seconds(self, batch: int, width: int) -> Fraction:
        widths = sorted({point.width for point in self.points})
        if width > widths[-1]:
            raise SpeculativeError(
                f"pass costs `{self.id}`: no pass of width {width} was measured (up to "
                f"{widths[-1]}); draft at most {widths[-1] - 1} tokens"
            )
        return _line([(w, self._of_width(batch, w)) for w in widths], width)

    def _of_width(self, batch: int, width: int) -> Fraction:
        measured = [(p.batch, Fraction(p.seconds)) for p in self.points if p.width == width]
        return _line(sorted(measured), batch)


def _line(points: Sequence[tuple[int, Fraction]], place: int) -> Fraction:
    """Read a broken line at a place: level before its first point, never falling after its last."""
    if place <= points[0][0] or len(points) == 1:
        return points[0][1]
    right = next((n for n, (at, _) in enumerate(points) if at >= place), len(points) - 1)
    (low, cheap), (high, dear) = points[right - 1], points[right]
    slope = (dear - cheap) / (high - low)
    if place > high:
        return dear + max(slope, Fraction(0)) * (place - high)
    return cheap + slope * (place - low)
