"""What is compared, and by which terms of the contract."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from analyzer.contracts.baseline import METHOD, Baseline
from analyzer.contracts.commitment import Rule, Untold
from analyzer.contracts.logged import Span
from analyzer.contracts.register import Register
from analyzer.contracts.verification.measures import Measures
from analyzer.contracts.verification.pricing import PriceBasis
from analyzer.contracts.verification.records import Cash
from analyzer.contracts.verification.scaling import VolumeBasis
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.reconciled import Discount

NO_CONTRACT = Untold(
    'no contract file is given; give --contract, with a [commit] table or with commit = "none"'
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared, and by which terms of the contract."""

    span: Span
    price_basis: PriceBasis = "reporting"
    volume_basis: VolumeBasis = "reporting"
    growth: Fraction = Fraction(0)
    """Over the baseline's requests a day, for the capped volume basis."""
    measures: Measures = field(default_factory=Measures)
    register: Register | None = None
    policy: Policy = field(default_factory=Policy.observed)
    contract: tuple[Discount, ...] = ()
    cash: Rule = NO_CONTRACT
    """What use costs in cash, by the contract."""
    earlier: Cash | None = None
    """Of the period before, for a commit that both draw on."""
    signed: bool = False
    """Whether both parties' signatures hold for the baseline's file."""


def check_asked(baseline: Baseline, asked: Asked) -> None:
    """Refuse a question that contradicts the baseline.

    Raises:
        ContractError: days that overlap it, another method, other naming rules, or a lever that was
            rolled out before its end.
    """
    if asked.span.first_day <= baseline.span.last_day:
        raise ContractError(
            f"period {asked.span}: overlaps the baseline, which ends on {baseline.span.last_day};"
            " name later days"
        )
    if baseline.manifest.method != METHOD:
        raise ContractError(
            f"baseline: method: frozen by {baseline.manifest.method}, this program's is {METHOD};"
            " use the rebill that froze it"
        )
    rules = replace(Policy.observed(), workloads=asked.policy.workloads).sha256
    if baseline.manifest.policy_sha256 != rules:
        raise ContractError(
            "policy: other rules name workloads than when the baseline was frozen, give the same"
            " policy file (--policy)"
        )
    for one in asked.measures.deployments:
        if one.started <= baseline.span.last_day:
            raise ContractError(
                f"deployment of {one.lever} in {one.workload}: started on {one.started}, within"
                f" or before the baseline, which ends on {baseline.span.last_day}"
            )


def blackout_days(workload: str, asked: Asked) -> int:
    """Count the days of a period on which a workload was being changed."""
    return sum(
        any(
            one.workload == workload and one.started <= day <= one.completed
            for one in asked.measures.deployments
        )
        for day in asked.span.each()
    )
