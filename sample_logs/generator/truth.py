"""What the vendor bills, call by call: the answer key of the sample."""

from collections.abc import Iterable
from dataclasses import dataclass

from generator.calendar import day_of
from generator.exchanges import Exchange
from generator.vendor_cache import Buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One billed call."""

    name: str
    start_ms: int
    model: str
    workspace: str
    key: str
    tier: str = "standard"
    speed: str = "standard"
    geo: str = "global"
    buckets: Buckets
    output: int
    searches: int = 0
    logged: bool = True
    """False for a call that no log of the sample holds."""

    @property
    def day(self) -> str:
        """The UTC day the vendor books it on: the day of its start."""
        return day_of(self.start_ms).isoformat()


def billed_captures(settled: Iterable[tuple[Exchange, Buckets]]) -> list[Billed]:
    """Keep what is charged: no errors, and no refusal before the first token."""
    return [
        Billed(
            name=call.name,
            start_ms=call.start_ms,
            model=call.model,
            workspace=call.caller.workspace,
            key=call.caller.key,
            tier="batch" if call.batch else "standard",
            speed=call.speed,
            geo=call.caller.geo,
            buckets=buckets,
            output=call.output_tokens,
            searches=call.searches,
            logged=call.logged,
        )
        for call, buckets in settled
        if not call.failure and call.stop_reason != "refusal"
    ]
