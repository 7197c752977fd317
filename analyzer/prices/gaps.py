"""What genai-prices 0.2.3 is known to get wrong; numbers are the traps of `docs/prices.md`."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["standard", "batch", "fast"]


@dataclass(frozen=True, slots=True)
class Gap:
    """A disagreement with a known reason, as narrow as the reason allows."""

    kinds: tuple[Kind, ...]
    reason: str
    trap: int | None = None
    models: frozenset[str] = frozenset()
    """Empty for every model."""
    rates: frozenset[str] = frozenset()
    """Empty for every rate."""
    since: date = date.min
    before: date = date.max

    def explains(self, kind: Kind, model: str, rate: str, day: date) -> bool:
        """Tell whether the gap is about this figure."""
        return (
            kind in self.kinds
            and (not self.models or model in self.models)
            and (not self.rates or rate in self.rates)
            and self.since <= day < self.before
        )


_TOKEN_RATES = ("input", "read", "write_5m", "write_1h", "output")
_LONG = frozenset({"over threshold", *(f"over {rate}" for rate in _TOKEN_RATES)})
_WITHOUT_BATCH = frozenset(
    {
        "claude-opus-4-0",
        "claude-opus-4-1",
        "claude-sonnet-4-0",
        "claude-3-7-sonnet",
        "claude-3-5-sonnet",
        "claude-3-5-haiku",
        "claude-3-opus",
        "claude-3-haiku",
    }
)

KNOWN_GAPS = (
    Gap(
        ("batch",),
        "it holds no batch price for this model and returns the standard one",
        trap=1,
        models=_WITHOUT_BATCH,
    ),
    Gap(
        ("batch",),
        "its batch prices begin on 2026-10-14; earlier batches get the standard price",
        trap=1,
        before=date(2026, 10, 14),
    ),
    Gap(
        ("fast",),
        "it holds no fast price for this model and returns the standard one",
        trap=2,
        models=frozenset({"claude-opus-4-6", "claude-opus-4-7"}),
    ),
    Gap(
        ("standard",),
        "it holds one cache-read price for all days; the cut came on 2026-10-07",
        trap=3,
        models=frozenset({"claude-sonnet-5-5"}),
        rates=frozenset({"read"}),
        before=date(2026, 10, 7),
    ),
    Gap(
        ("standard", "batch"),
        "it keeps the long-context premium that ended when longer prompts began to fail",
        models=frozenset({"claude-sonnet-4-5"}),
        rates=_LONG,
        since=date(2026, 4, 30),
    ),
    Gap(
        ("standard",),
        "it never held the long-context premium of the 1M-token beta",
        models=frozenset({"claude-sonnet-4-0"}),
        rates=_LONG,
        since=date(2025, 8, 12),
        before=date(2026, 4, 30),
    ),
    Gap(
        ("fast",),
        "it keeps the fast price after requests for it began to fail",
        models=frozenset({"claude-opus-4-8"}),
        since=date(2026, 11, 30),
    ),
)
