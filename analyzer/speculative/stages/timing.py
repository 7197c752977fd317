"""Seconds of a call, with the device's queue emptied before and after."""

from collections.abc import Callable
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.speculative.journal import Row

WARM = 3
"""Calls before the timed ones: the first compile, allocate and fill caches."""


def synchronise() -> None:
    """Wait until the device has done what it was given; nothing to wait for on a CPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(call: Callable[[], object], count: int) -> "Row":
    """Give `median_s`, `p10_s`, `p90_s` and `n` of `count` calls after a few warm ones."""
    for _ in range(WARM):
        call()
    seconds = []
    for _ in range(count):
        synchronise()
        begun = perf_counter()
        call()
        synchronise()
        seconds.append(perf_counter() - begun)
    tenths = quantiles(seconds, n=10, method="inclusive")
    return {"median_s": tenths[4], "p10_s": tenths[0], "p90_s": tenths[8], "n": count}
