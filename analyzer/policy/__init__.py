"""The policy: which lever acts on which workload, with what evidence; read from `policy.toml`."""

from analyzer.policy.rules import (
    ACCEPTED,
    BatchRule,
    CachingRule,
    Constraints,
    LeaveRule,
    LeverRule,
    Match,
    OutputRule,
    Policy,
    RoutingRule,
    ServingRule,
    WorkloadRule,
    load_policy,
    parse_policy,
)

__all__ = [
    "ACCEPTED",
    "BatchRule",
    "CachingRule",
    "Constraints",
    "LeaveRule",
    "LeverRule",
    "Match",
    "OutputRule",
    "Policy",
    "RoutingRule",
    "ServingRule",
    "WorkloadRule",
    "load_policy",
    "parse_policy",
]
