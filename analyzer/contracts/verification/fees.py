"""What a verified period brings to the fee."""

from analyzer.contracts.fee import FeePeriod, Saving
from analyzer.contracts.verification.records import Verification
from analyzer.errors import ContractError


def fee_period(found: Verification) -> FeePeriod:
    """Give the fee's period.

    Raises:
        ContractError: the baseline is indicative, so no fee may rest on it.
    """
    if found.indicative:
        raise ContractError(
            f"fee: the baseline is indicative ({', '.join(found.indicative)}), freeze one that"
            " passes every gate"
        )
    return FeePeriod(
        name=str(found.span),
        first_day=found.span.first_day,
        last_day=found.span.last_day,
        adjusted=found.adjusted,
        actual=found.actual,
        savings=tuple(
            Saving(one.workload, one.source, one.avoided, one.live_since, one.quality)
            for one in found.saved
        ),
        own_cost=found.own_cost,
        uncertainty=found.uncertainty,
        reconciliation=found.reconciliation,
        grade=found.grade,
        baseline_signed=found.signed,
        baseline_days=found.baseline_days,
        savings_uncertainty=found.savings_uncertainty,
    )
