"""What may be entered as a non-routine adjustment, and what is computed and never entered.

Proposed rules of this project; a contract may say otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Sides = Literal["baseline", "both"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """One kind of change from outside the levers."""

    name: str
    detection: str
    treatment: str
    fee: str
    sides: Sides
    """Whether the amount moves the adjusted baseline alone, or the actual bill as well, which
    leaves the savings as they are."""


TRIGGERS: Mapping[str, Trigger] = {
    trigger.name: trigger
    for trigger in (
        Trigger(
            "model_retired",
            "the vendor's retirement date",
            "the successor named in the contract, its tokens by a paired sample, its list price",
            "the vendor's change is excluded",
            "baseline",
        ),
        Trigger(
            "new_generation",
            "a new model id that no lever chose",
            "the cost ratio on the frozen paired prompts",
            "excluded",
            "baseline",
        ),
        Trigger(
            "tokenizer_change",
            "another token count for the frozen prompts",
            "the ratio of token counts",
            "excluded",
            "baseline",
        ),
        Trigger(
            "prompt_change",
            "another prompt hash, or tokens a unit more than 10 % off for 5 days",
            "unit rates anew from that day",
            "excluded",
            "baseline",
        ),
        Trigger("new_workload", "first seen", "a short baseline of its own", "none", "baseline"),
        Trigger("retired_workload", "last seen", "left out", "none", "baseline"),
        Trigger(
            "mix_drift",
            "stability index above 0.25 over prompt lengths and turns",
            "weighed anew by stratum; above 0.5 a new baseline",
            "none",
            "baseline",
        ),
        Trigger("outage", "share of errors", "taken out of both sides", "none", "both"),
        Trigger("retry_storm", "share of retries", "taken out of both sides", "none", "both"),
        Trigger("abuse", "one key, one burst", "taken out of both sides", "none", "both"),
        Trigger("test_load", "one key, one burst", "taken out of both sides", "none", "both"),
        Trigger(
            "credits",
            "cost before credits against the invoice",
            "left out of both sides",
            "none",
            "both",
        ),
    )
}
"""Non-routine triggers by name."""
ROUTINE: Mapping[str, str] = {
    "volume": "requests of the period",
    "workload_mix": "requests of the period by workload",
    "list_price": "the dated price book",
    "discount": "the discount in force on each day",
    "calendar": "days of the period",
    "service_multiplier": "tier and region of each request",
}
"""Adjustments that are computed from what stands beside them, with no signature."""
