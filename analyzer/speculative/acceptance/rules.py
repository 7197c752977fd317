"""Which acceptance rules keep the target's output, and which buy speed with it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from analyzer.errors import SpeculativeError

EXACT = frozenset(
    {
        "greedy",  # ours, and what temperature 0 comes to everywhere
        "rejection",
        "rejection_sampler",  # vLLM to 0.9
        "standard", "strict", "probabilistic",  # vLLM: rejection sampling, Leviathan et al. 2023
        "block",  # vLLM: block verification, Sun et al. 2024 (arXiv 2403.10444)
    }
)  # fmt: skip
"""Names of rules under which the output keeps the target's distribution."""

_NAMED = ("acceptance_rule", "rejection_sample_method", "spec_decoding_acceptance_method")
_THRESHOLDS = ("speculative_accept_threshold_single", "speculative_accept_threshold_acc")
"""SGLang: exact at 1 alone; below it a draft is accepted for being likely enough."""
_INVENTED = (
    "synthetic_acceptance_rate", "synthetic_acceptance_rates", "synthetic_acceptance_length",
    "simulate_acc_len",
)  # fmt: skip
"""Acceptance set by hand in a benchmark: no draft was judged."""
_MIXED = "assistant_ensemble_weight"
"""transformers: output is drawn from a mixture of target and assistant."""
_INSIDE = ("speculative_config", "server_args", "server_info")


def exact_rule(*told: Mapping[str, Any]) -> str | None:
    """Give the rule that an item names, None where it names none; refuse one that is lossy.

    Looked at are the objects handed over and the settings of the engine that lie in them.
    """
    rule = None
    for settings in _settings(told):
        _refuse_lossy(settings)
        for name in _NAMED:
            value = settings.get(name)
            if value is None:
                continue
            if value not in EXACT:
                raise SpeculativeError(
                    f"{name} {str(value)[:40]!r} is not known to keep the target's output;"
                    f" exact are {', '.join(sorted(EXACT))}"
                )
            rule = str(value)
    return rule


def _settings(told: tuple[Mapping[str, Any], ...]) -> Iterator[Mapping[str, Any]]:
    for one in told:
        yield one
        yield from (one[name] for name in _INSIDE if isinstance(one.get(name), dict))


def _refuse_lossy(settings: Mapping[str, Any]) -> None:
    for name in _THRESHOLDS:
        if settings.get(name) is not None and settings[name] != Decimal(1):
            raise SpeculativeError(
                f"{name} is not 1: drafts were accepted that the target would not have chosen"
            )
    for name in _INVENTED:
        if settings.get(name) is not None:
            raise SpeculativeError(f"{name} is set: the acceptance was set by hand, not measured")
    if settings.get(_MIXED):
        raise SpeculativeError(f"{_MIXED} is set: the output is a mixture with the drafter's")
