"""The nine factors of a bill and the orders they are told in.

A bill is discount x volume x the sum over workloads of workload mix x (prompt length x model mix x
mode mix x cache mix x list price + output length x model mix x mode mix x list price).
"""

from collections.abc import Sequence
from typing import Literal, get_args

from analyzer.errors import ContractError

Factor = Literal[
    "volume",
    "workload_mix",
    "prompt_length",
    "output_length",
    "model_mix",
    "mode_mix",
    "cache_mix",
    "list_price",
    "discount",
]
FACTORS: tuple[Factor, ...] = get_args(Factor)
"""The order of a spend review: usage first, then what was chosen, then price."""
EXOGENOUS: tuple[Factor, ...] = (
    "volume", "workload_mix", "list_price", "discount", "prompt_length",
)  # fmt: skip
"""What no lever moves; frozen at the later period before levers are told apart, so that a price
cut never becomes a lever's saving."""
LEVER_FACTORS: tuple[Factor, ...] = ("output_length", "model_mix", "mode_mix", "cache_mix")
"""Output caps, routing, batch and caching, in the levers' order of record."""
GAINSHARE_ORDER: tuple[Factor, ...] = EXOGENOUS + LEVER_FACTORS
"""The order of a gainshare: what the client and the vendor did comes before the levers."""


def checked_order(order: Sequence[str]) -> tuple[Factor, ...]:
    """Give the order of record.

    Raises:
        ContractError: it does not name each factor once.
    """
    by_name = {str(factor): factor for factor in FACTORS}
    if sorted(order) != sorted(FACTORS):
        faults = [f"{name!r} is not a factor" for name in order if name not in by_name]
        faults += [f"{factor} is missing" for factor in FACTORS if factor not in order]
        faults = faults or ["a factor stands twice"]
        raise ContractError(
            f"order of record: {'; '.join(faults)}; name each of {', '.join(FACTORS)} once"
        )
    return tuple(by_name[name] for name in order)
