"""What the device reaches at best: copying memory, multiplying matrices, starting a kernel."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.speculative.stages.timing import timed

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.journal import Row

CHAIN = 300
"""Empty kernels in one captured graph."""


def rows(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """Bytes a second of a large copy, 16-bit multiplications a second, seconds of a kernel."""
    parts = {"copy": _copy, "multiply": _multiply}
    if bench.device == "cuda":
        parts["kernel"] = _kernel
    for name, part in parts.items():
        if name not in known:
            value, unit = part(bench)
            yield {"key": name, "value": value, "unit": unit}


def _copy(bench: "Bench") -> tuple[float, str]:
    import torch

    size = 1 << (32 if bench.device == "cuda" else 28)
    source = torch.zeros(size, dtype=torch.uint8, device=bench.device)
    target = torch.empty_like(source)
    seconds = timed(lambda: target.copy_(source), 10)["median_s"]
    return 2 * size / seconds, "bytes/s, read and written"


def _multiply(bench: "Bench") -> tuple[float, str]:
    import torch

    side = 8192 if bench.device == "cuda" else 1024
    left = torch.randn(side, side, device=bench.device, dtype=torch.bfloat16)
    right = torch.randn_like(left)
    seconds = timed(lambda: left @ right, 10)["median_s"]
    return 2 * side**3 / seconds, "operations/s, bfloat16"


def _kernel(bench: "Bench") -> tuple[float, str]:
    import torch

    cell = torch.zeros(1, device=bench.device)
    cell.add_(1)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(CHAIN):
            cell.add_(1)
    return timed(graph.replay, 20)["median_s"] / CHAIN, "s, an empty kernel in a graph"
