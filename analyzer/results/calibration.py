"""How far the replay of the observed policy lies from the bill."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.amounts import Pico
from analyzer.results.billed import Buckets


@dataclass(frozen=True, slots=True)
class Gap:
    """Replayed observed policy against the bill, for one group of calls (input tokens only)."""

    group: str
    calls: int
    billed: Buckets
    replayed: Buckets
    billed_cost: Pico
    replayed_cost: Pico
    exact_calls: int
    """Calls whose four input buckets all came out equal."""
    near_calls: int
    """Calls whose input cost came out within 1 %."""

    @property
    def error(self) -> Fraction:
        """Relative error of the replayed input cost; positive when the replay is dearer."""
        if not self.billed_cost:
            return Fraction(0)
        return (self.replayed_cost - self.billed_cost) / self.billed_cost


@dataclass(frozen=True, slots=True)
class Half:
    """A replay whose loss model was fitted on some sessions, against the bill of the others."""

    what: str
    """Such as `random halves` or `later half` (the half that was predicted)."""
    fitted_calls: int
    calls: int
    """Calls that were predicted."""
    error: Fraction
    """Of the input cost, by the mean estimator; positive when the replay is dearer."""
    half_width: Fraction
    """Half of the 90 % interval printed with it."""
    point_error: Fraction
    """Of the input cost, by the point estimator."""
    read_error: Fraction
    """Of tokens read."""
    write_error: Fraction
    """Of tokens written, whatever their life."""
    by_life: tuple[tuple[int, Fraction], ...]
    """Error of the input cost by the life that the calls' marks had, seconds."""
    by_model: tuple[tuple[str, Fraction], ...]
    by_workload: tuple[tuple[str, Fraction], ...]
    exact_calls: int
    """Calls whose reads came out to the token, by the point estimator."""
    near_calls: int
    """Calls whose reads came out within 1 % of the prompt."""
    unlogged_calls: int
    """Calls that read more than any logged call had cached: an unlogged call wrote the rest."""
    session_errors: tuple[Fraction, ...]
    """Sizes of the error of each session of at least ten calls, smallest first."""

    @property
    def inside(self) -> bool:
        """Whether the bill lies inside the printed interval."""
        return abs(self.error) <= self.half_width

    @property
    def between_lives(self) -> Fraction | None:
        """Largest less smallest error by life; None where calls of one life alone have marks."""
        errors = [error for life, error in self.by_life if life]
        return max(errors) - min(errors) if len(errors) > 1 else None


@dataclass(frozen=True, slots=True)
class LossRate:
    """How often calls that should have read their prefix read less, over the whole log."""

    occasion: str
    """`user` or `tool`: who spoke last; `unknown` where nothing tells."""
    calls: int
    lost: int
    low: Fraction
    high: Fraction
    """Ends of the 90 % interval of the share (Wilson 1927), calls taken as independent."""


@dataclass(frozen=True, slots=True)
class ModelTest:
    """One loss model on both chronological halves."""

    name: str
    earlier: Fraction
    """Error on the earlier half, fitted on the later."""
    later: Fraction
    """Error on the later half, fitted on the earlier."""

    @property
    def worst(self) -> Fraction:
        """The larger of both errors, without its sign."""
        return max(abs(self.earlier), abs(self.later))


@dataclass(frozen=True, slots=True)
class BackTest:
    """How far the replay is from bills it was not fitted to."""

    model: str
    """Loss model of the mean estimator."""
    sessions: int
    halves: tuple[Half, ...]
    """Seeded random halves of the sessions."""
    chronological: tuple[Half, ...]
    """The later half predicted from the earlier, and the earlier from the later."""
    models: tuple[ModelTest, ...]
    rates: tuple[LossRate, ...] = ()

    @property
    def mean_error(self) -> Fraction:
        """Mean error over the random halves."""
        return sum((half.error for half in self.halves), Fraction(0)) / len(self.halves)

    @property
    def inside(self) -> int:
        """Random halves whose bill lies inside the printed interval."""
        return sum(half.inside for half in self.halves)

    @property
    def between_lives(self) -> Fraction | None:
        """How far errors of calls with different lives lie apart, on average over random halves.

        A saving by another life is a difference between lives; None where the log shows one alone.
        """
        apart = [half.between_lives for half in self.halves if half.between_lives is not None]
        return sum(apart, Fraction(0)) / len(apart) if apart else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the replay of the observed policy is from the bill."""

    total: Gap
    """Every call that could be replayed, the log's first hour too."""
    after_burn_in: Gap
    """Without the log's first hour, in which the replay's cache fills."""
    by_model: tuple[Gap, ...]
    by_ttl: tuple[Gap, ...]
    by_workload: tuple[Gap, ...]
    not_replayed_calls: int
    """Calls without prompt structure or in batch: carried as billed on both sides."""
    seeded_calls: int
    """Calls that read an entry nobody in the log wrote; it is taken as live under every policy."""
    burn_in_calls: int
    """Calls of the log's first hour."""
    back_test: BackTest | None = None
    """None where too few sessions are there to halve."""
    loss_models: tuple[str, ...] = ("none",)
    """Those that passed the back-test; the first is that of every printed mean."""

    @property
    def note(self) -> str:
        """What a reader must know of it, in a sentence."""
        if self.back_test is None:
            return (
                "Too few sessions to halve the log: the replay is compared with the bill it was "
                "anchored on, losses that no log explains are not fitted, and cache savings are "
                "uncalibrated. A replay that meets a bill in total does not prove what another "
                "cache setting would have cost."
            )
        tested = f"{float(self.back_test.mean_error):+.2%} on average over random halves"
        if self.loss_models == ("none",) and self.back_test.model != "none":
            return f"No fitted loss model passes the back-test ({tested}): cache savings are open."
        inside = f"{self.back_test.inside} of {len(self.back_test.halves)}"
        return (
            f"Back-tested: {tested}, {inside} inside the printed interval. Cache savings are "
            f"replayed under each loss model that passed: {', '.join(self.loss_models)}."
        )
