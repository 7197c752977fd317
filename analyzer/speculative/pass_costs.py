"""What a pass of a model costs in seconds, measured, and what a run of passes costs by it.

Speed-ups are replayed: each recorded pass is looked up at its own width and context. Between
measured points a cost is linear in the tokens that a pass scores, that is in batch and in width,
and in the tokens it reads, the context. Beyond the measured range the line through the nearest
two points is extended, and the result says so.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import Pass

Quantile = Literal["p10", "median", "p90"]
Weighted = tuple[tuple[int, float], ...]
"""Measured values of one axis and the share of each."""

PROVENANCE = re.compile(r"measured-real-weights|measured-random-weights|assumed|published:\S+")
"""What a figure rests on; the time of a pass does not depend on what the weights say."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one pass: quantiles over `n` timed passes of one shape."""

    batch: int
    """Rows."""
    width: int
    """Tokens scored in each row."""
    context: int
    """Tokens cached in each row."""
    median: float
    p10: float
    p90: float
    n: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Batch, width and context."""
        return self.batch, self.width, self.context


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time, and whether any of it lies beyond what was measured."""

    seconds: float
    beyond: bool


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """Time of ordinary decoding over time of speculative decoding, for the same tokens."""

    ordinary: Seconds
    speculative: Seconds

    @property
    def ratio(self) -> float:
        """Above 1 where drafting pays."""
        return self.ordinary.seconds / self.speculative.seconds

    @property
    def beyond(self) -> bool:
        """Whether either time was extended beyond the measured range."""
        return self.ordinary.beyond or self.speculative.beyond


@dataclass(frozen=True, slots=True)
class DraftCost:
    """What drafting itself takes; all 0 where it is free."""

    seconds_per_token: float = 0.0
    """For each drafted token of each row."""
    seconds_per_pass: float = 0.0
    """For each pass, with or without a proposal: a lookup that finds nothing has looked too."""
    relative: float = 0.0
    """For each drafted token, as a share of a pass of width 1 at the same batch and context."""

    def seconds(self, drafted: int, single: float) -> float:
        """Seconds that `drafted` tokens took to draft, with a pass of width 1 at `single`."""
        return self.seconds_per_pass + drafted * (self.seconds_per_token + self.relative * single)


@dataclass(frozen=True)
class PassCosts:
    """A table of measured passes of one model on one device."""

    points: tuple[Cost, ...]
    provenance: str
    """`measured-real-weights`, `measured-random-weights`, `published:<id>` or `assumed`."""
    measured_on: str
    """Model, precision, device and versions, in words."""

    def __post_init__(self) -> None:
        _check(self.points, self.provenance)

    def seconds(
        self, batch: int, width: int, context: int, quantile: Quantile = "median"
    ) -> Seconds:
        """Seconds of one pass, linear between measured points."""
        wanted = zip(("batch", "width", "context"), (batch, width, context), strict=True)
        axes = [_between(self._measured[name], value) for name, value in wanted]
        total = 0.0
        for corner in itertools.product(*(weights for weights, _ in axes)):
            share = corner[0][1] * corner[1][1] * corner[2][1]
            shape = (corner[0][0], corner[1][0], corner[2][0])
            total += share * getattr(self._point(shape), quantile) if share else 0.0
        if total <= 0:
            raise SpeculativeError(
                f"batch {batch}, width {width}, context {context} lies so far beyond what was"
                " measured that no time is left: measure nearer to it"
            )
        return Seconds(total, any(beyond for _, beyond in axes))

    def ratio(self, width: int, batch: int, context: int) -> float:
        """v: a pass of `width` over a pass of width 1."""
        wide, single = (self.seconds(batch, tokens, context) for tokens in (width, 1))
        return wide.seconds / single.seconds

    def replay(
        self,
        passes: Sequence[Pass],
        batch: int,
        context: int,
        *,
        width: int | None = None,
        draft: DraftCost = DraftCost(),
    ) -> Seconds:
        """Seconds of recorded passes of one row, in a batch of rows like it.

        `context` is the tokens cached before the first pass, the prompt; it grows by what each
        pass gives. `width` is that of every pass where shapes are fixed; None lets each pass
        score its own drafts and one token more.
        """
        total, beyond = 0.0, False
        for one in passes:
            cost = self.seconds(batch, one.drafted + 1 if width is None else width, context)
            single = self.seconds(batch, 1, context)
            total += cost.seconds + draft.seconds(one.drafted, single.seconds)
            beyond |= cost.beyond or (draft.relative > 0 and single.beyond)
            context += one.accepted + 1
        return Seconds(total, beyond)

    def speed_up(
        self,
        passes: Sequence[Pass],
        batch: int,
        context: int,
        *,
        width: int | None = None,
        draft: DraftCost = DraftCost(),
    ) -> SpeedUp:
        """Compare recorded passes with one token a pass for the tokens that they gave.

        Both sides come from this table and leave out the prefill, which is the same for both.
        """
        tokens = sum(1 + one.accepted for one in passes)
        if not tokens:
            raise SpeculativeError("no pass was recorded: an output of one token has no speed-up")
        return SpeedUp(
            self.replay([Pass(0, 0)] * tokens, batch, context, width=1),
            self.replay(passes, batch, context, width=width, draft=draft),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the table as JSON holds it."""
        points = [asdict(point) for point in self.points]
        return {"provenance": self.provenance, "measured_on": self.measured_on, "points": points}

    @cached_property
    def _measured(self) -> dict[str, tuple[int, ...]]:
        """Measured values of each axis, ascending."""
        axes = ("batch", "width", "context")
        return {axis: tuple(sorted({getattr(p, axis) for p in self.points})) for axis in axes}

    @cached_property
    def _by_shape(self) -> dict[tuple[int, int, int], Cost]:
        return {point.shape: point for point in self.points}

    def _point(self, shape: tuple[int, int, int]) -> Cost:
        if shape not in self._by_shape:
            raise SpeculativeError(
                "no pass was measured at batch {}, width {}, context {}: measure it, or ask"
                " within a full grid of measured shapes".format(*shape)
            )
        return self._by_shape[shape]


def read_costs(told: dict[str, Any]) -> PassCosts:
    """Read what `to_json` gave."""
    try:
        points = tuple(
            Cost(**{field.name: point[field.name] for field in fields(Cost)})
            for point in told["points"]
        )
        return PassCosts(points, told["provenance"], told["measured_on"])
    except (KeyError, TypeError) as error:
        raise SpeculativeError(f"a table of pass costs lacks or misuses {error}") from None


def _between(measured: Sequence[int], value: int) -> tuple[Weighted, bool]:
    """Measured neighbours of a value with their shares, and whether it lies beyond them all."""
    beyond = not measured[0] <= value <= measured[-1]
    if value in measured or len(measured) == 1:
        return ((value if value in measured else measured[0], 1.0),), beyond
    above = next((place for place, one in enumerate(measured) if one > value), len(measured) - 1)
    place = max(above, 1)
    low, high = measured[place - 1], measured[place]
    share = (value - low) / (high - low)
    return ((low, 1.0 - share), (high, share)), beyond


def _check(points: Iterable[Cost], provenance: str) -> None:
    if not PROVENANCE.fullmatch(provenance):
        raise SpeculativeError(
            f"provenance {provenance!r}: take measured-real-weights, measured-random-weights,"
            " published:<id> or assumed"
        )
    seen = set()
    for point in points:
        ordered = 0 < point.p10 <= point.median <= point.p90
        if not ordered or min(point.batch, point.width, point.n) < 1 or point.context < 0:
            raise SpeculativeError(
                f"{point}: counts from 1 and 0 < p10 <= median <= p90 are needed"
            )
        if point.shape in seen:
            raise SpeculativeError(f"{point}: this shape is in the table twice")
        seen.add(point.shape)
    if not seen:
        raise SpeculativeError("a table of pass costs needs at least one measured pass")
