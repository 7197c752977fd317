"""What moves milliseconds and no dollar."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.amounts import Pico
from analyzer.results.billed import Unpriced


@dataclass(frozen=True, slots=True)
class ServingLine:
    """Latency of one workload before and after speculative decoding; the invoice does not move."""

    workload: str
    kind: str
    """Kind of text the speed-up is drawn for."""
    source: str
    """Provenance tags of the run-lengths and of the pass costs."""
    calls: int
    """Calls whose log carries the times this needs."""
    p50_before_ms: int
    p50_after_ms: int
    p95_before_ms: int
    p95_after_ms: int
    newly_inside: int | None
    """Calls that newly meet the workload's objective; None when the policy names none."""
    objective_ms: int | None
    room: str
    """What the shorter wait would allow; its dollars come only through the levers."""
    histogram_edges_ms: tuple[int, ...]
    histogram_before: tuple[int, ...]
    histogram_after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LoadLine:
    """What load does to the speed-up of the kinds of text that draw from the same run-lengths."""

    kinds: tuple[str, ...]
    """Kinds of which these are the own run-lengths."""
    borrowed_by: tuple[str, ...]
    """Kinds that have none of their own."""
    source: str
    """Provenance tags of the run-lengths and of the pass costs."""
    speed_ups: tuple[tuple[int, Fraction], ...]
    """(calls decoded together, mean speed-up); below 1 every call gets slower."""


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """The one way faster answers touch dollars: callers who wait for them ask again sooner."""

    room: Pico
    """sim(observed) - sim(observed, with the starts that faster answers allow); in no saving."""
    low: Pico
    high: Pico
    """Least and greatest room under the loss models that pass."""
    moved_calls: int
    """Calls that would start at another time."""
    lanes: int
    """Sessions and subagents whose calls wait for each other."""
    earlier_ms: int
    """Median of how much earlier moved calls start; negative when later."""


@dataclass(frozen=True, slots=True)
class SoldSpeed:
    """Calls for which the vendor sold speed (`speed: fast`), priced at each call's own day."""

    calls: int
    billed: Pico
    at_standard: Pico
    """The same tokens at standard speed."""
    unpriced: tuple[Unpriced, ...]
    """Fast calls that lack one of both prices; they stand in neither sum."""

    @property
    def premium(self) -> Pico:
        """What speed itself cost."""
        return self.billed - self.at_standard


@dataclass(frozen=True, slots=True)
class Predictions:
    """Tokens that clients predicted (OpenAI-style usage): rejected ones are billed as output."""

    calls: int
    """Calls whose usage tells of predicted tokens."""
    accepted: int
    rejected: int
    cost: Pico
    """Rejected tokens at the model's output price of the call's own day."""
    unpriced: tuple[Unpriced, ...]
    """Rejected tokens of models without a price."""
    other_lines: int
    """Lines of other makers' models that tell of rejected predictions; they are in no bill here."""


@dataclass(frozen=True, slots=True)
class OutsideTheClaim:
    """Where latency does move money: computed where the log tells of it."""

    sold_speed: SoldSpeed
    predictions: Predictions
    own_hardware_lines: int
    """Lines of calls to servers of one's own: billed in GPU hours, which no log tells."""


@dataclass(frozen=True, slots=True)
class Serving:
    """The serving effect: latency only."""

    lines: tuple[ServingLine, ...]
    source: str
    """Provenance tags of run-lengths and pass costs, what is borrowed, and the load assumed."""
    invoice_change: Pico
    """Always zero: computed as a difference of bills, not written down."""
    calls_compared: int
    """Calls billed before and after, each with its own."""
    calls_changed: int
    """Of these, calls whose bill differs: none, or the replay has a defect."""
    largest_change: Pico
    """Greatest difference of one call's bill, without its sign."""
    load: tuple[LoadLine, ...]
    """Speed-ups by load: they fall with it and can turn into a loss."""
    batch: int
    """Concurrent calls that the waits assume."""
    left_calls: int
    """Calls without the times or tokens this needs, left as they are."""
    gpu_evidence: str
    """`device, date`, or `none: ..`."""
    outside: OutsideTheClaim
    closed_loop: ClosedLoop | None
    """None where no caller's waiting shows in the log."""
