"""The trace as the replay wants it: calls, the prompt trie with its tokens, workloads."""

from analyzer.traffic.loading import (
    BUCKETS,
    FAMILIES,
    HOUR_US,
    Traffic,
    Usage,
    day_of,
    load,
    tokenizer_ratio,
    usage,
)
from analyzer.traffic.observed import as_sent
from analyzer.traffic.system_sizes import grouped_sizes
from analyzer.traffic.workloads import Workload, assign, groups, resolve, unmatched

__all__ = [
    "BUCKETS",
    "FAMILIES",
    "HOUR_US",
    "Traffic",
    "Usage",
    "Workload",
    "as_sent",
    "assign",
    "day_of",
    "grouped_sizes",
    "groups",
    "load",
    "resolve",
    "tokenizer_ratio",
    "unmatched",
    "usage",
]
