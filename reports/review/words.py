"""What the review calls months and factors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analyzer.results import Lever
from analyzer.results.review import Stretch
from reports.opening import MONTHS, period


@dataclass(frozen=True, slots=True)
class FactorWords:
    """A factor's name, who moves it, what it means, and the lever whose colour it wears."""

    name: str
    moved_by: Literal["traffic", "you", "vendor"]
    means: str
    lever: Lever | None = None


FACTORS: Mapping[str, FactorWords] = {
    "volume": FactorWords("Volume", "traffic", "more or fewer requests"),
    "workload_mix": FactorWords("Workload mix", "traffic", "requests move between workloads"),
    "prompt_length": FactorWords("Prompt length", "traffic", "tokens a prompt carries"),
    "output_length": FactorWords("Output length", "you", "tokens an answer carries", "output"),
    "model_mix": FactorWords("Model mix", "you", "tokens move between models", "routing"),
    "mode_mix": FactorWords("Mode mix", "you", "between standard, batch and the like", "batch"),
    "cache_mix": FactorWords("Cache mix", "you", "between uncached, read and written", "caching"),
    "list_price": FactorWords("List price", "vendor", "the vendor's price moves"),
    "discount": FactorWords("Discount", "vendor", "the negotiated share moves"),
    "fees": FactorWords("Fees", "traffic", "web searches, charged by use"),
}


def month_name(month: str) -> str:
    """Such as `October 2026`."""
    return f"{_month(month)} {month[:4]}"


def short_name(month: str) -> str:
    """Such as `October`."""
    return _month(month)


def days_in_words(days: Stretch) -> str:
    """Such as `1 to 8 November 2026`."""
    return period(days.first_day, days.last_day)


def _month(month: str) -> str:
    return MONTHS[date.fromisoformat(f"{month}-01").month - 1]
