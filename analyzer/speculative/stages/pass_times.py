"""What one pass costs by batch and width: real weights, and shapes with random ones.

Time does not depend on the values of the weights, so a random model of a large one's sizes gives
its costs; acceptance needs real weights and is never taken from random ones.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.speculative.llama.engine import Engine
from analyzer.speculative.stages.timing import timed

if TYPE_CHECKING:
    from analyzer.speculative.bench import Bench
    from analyzer.speculative.journal import Row


def real(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """Passes of the real weights: each arithmetic and batch, with a graph and without."""
    for dtype in bench.settings.dtypes:
        for batch in bench.settings.batches:
            for graph in (True, False) if bench.device == "cuda" else (False,):
                engine = bench.engine(dtype, (), batch=batch, graph=graph)
                yield from _timed(bench, known, engine, graph=graph)


def shapes(bench: "Bench", known: frozenset[str]) -> "Iterator[Row]":
    """Passes of random weights in the sizes of larger models, in 16 bit."""
    graph = bench.device == "cuda"
    for name in bench.settings.shapes:
        for batch in bench.settings.shape_batches:
            if any(_key(name, "bfloat16", graph, batch, w) not in known for w in _widths(bench)):
                engine = Engine(bench.random_model(name, batch), (), graph=graph)
                yield from _timed(bench, known, engine, graph=graph)


def missing_shapes(bench: "Bench") -> str | None:
    """Why no larger shape is timed here."""
    return None if bench.settings.shapes else "a pass of a larger shape takes seconds on this CPU"


def _timed(
    bench: "Bench", known: frozenset[str], engine: Engine, *, graph: bool
) -> "Iterator[Row]":
    """Time each width in the middle of the cache, which is scored whole wherever the text ends."""
    model, rows = engine.model, engine.rows
    for width in _widths(bench):
        key = _key(model.shape.name, model.setting.dtype, graph, rows, width)
        if key not in known:
            step = engine.step(width)
            step.load([model.setting.positions // 2] * rows, [[1] * width] * rows)
            yield {
                "key": key,
                "model": model.shape.name,
                "dtype": model.setting.dtype,
                "runner": _RUNNERS[graph],
                "batch": rows,
                "width": width,
                "context": model.setting.positions,
                "weight_bytes": model.weight_bytes,
                **timed(step.run, bench.settings.repeats),
            }


_RUNNERS = {True: "graph", False: "eager"}


def _widths(bench: "Bench") -> tuple[int, ...]:
    return bench.settings.widths


def _key(model: str, dtype: str, graph: bool, batch: int, width: int) -> str:  # noqa: FBT001 - a key's parts
    return f"{model}/{dtype}/{_RUNNERS[graph]}/{batch}/{width}"
