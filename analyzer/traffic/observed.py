"""The traffic replayed as it was sent: what the vendor's rules say each call reads and writes."""

import polars as pl

from analyzer.simulators import caching
from analyzer.simulators.events import originals
from analyzer.traffic.loading import Traffic


def as_sent(traffic: Traffic) -> pl.DataFrame:
    """Give each call's event with the input buckets of a replay under its own marks.

    Without a policy nothing is moved, so no workload and no price is asked for.
    """
    calls = traffic.calls.with_columns(
        workload=pl.lit(""), priced=pl.lit(value=False), batchable=pl.lit(value=False)
    )
    return caching.replay(originals(calls), traffic.trie)
