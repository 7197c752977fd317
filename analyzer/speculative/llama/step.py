"""One pass of one width: captured once in a CUDA graph and replayed, or run line by line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from analyzer.speculative.llama.model import Model

WARMING = 3
"""Runs before a capture: libraries set themselves up in the first ones, which no graph may hold."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a choice is made of logits: their argmax, or that of logits / temperature + noise."""

    temperature: float = 0.0
    noise: torch.Tensor | None = None
    """(places, vocabulary), by the position that the drawn token takes."""

    def scores(self, logits: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Give the scores whose argmax is the choice; `places` (rows, width) hold what is read."""
        if self.noise is None:
            return logits
        return logits.to(self.noise.dtype) / self.temperature + self.noise[places + 1]


@dataclass(frozen=True, slots=True)
class Graphs:
    """What the captured passes of one model share: the stream and the memory of capture."""

    stream: torch.cuda.Stream = field(default_factory=torch.cuda.Stream)
    pool: object = field(default_factory=torch.cuda.graph_pool_handle)


class Step:
    """A pass over (rows, width) tokens; `hidden` to `choices` are its last results.

    With `one_slot` only one slot of each row goes through the output head: a prompt needs no more.
    """

    def __init__(
        self,
        model: Model,
        width: int,
        *,
        sampling: Sampling | None = None,
        layers: int | None = None,
        one_slot: bool = False,
        graphs: Graphs | None = None,
    ) -> None:
        self.model = model
        self.width = width
        self._sampling = sampling or Sampling()
        self._layers = layers
        self._one_slot = one_slot
        # columns: position of the first token, slot to give, tokens: one copy brings all three
        self._given = torch.zeros(
            (model.setting.rows, 2 + width), dtype=torch.long, device=model.device
        )
        self._given[:, 0] = model.setting.positions  # warming up writes to the spare place only
        self._firsts = [model.setting.positions] * model.setting.rows
        self._graph: torch.cuda.CUDAGraph | None = None
        self.run()
        if graphs is not None:
            self._capture(graphs)

    @property
    def captured(self) -> bool:
        """Whether the pass is replayed from a graph."""
        return self._graph is not None

    def load(
        self,
        starts: Sequence[int],
        tokens: Sequence[Sequence[int]],
        slots: Sequence[int] | None = None,
    ) -> None:
        """Bring the next pass's first positions, tokens (rows, width) and slots to the device."""
        chosen = slots or [0] * len(starts)
        self._firsts = [
            start + slot * self._one_slot for start, slot in zip(starts, chosen, strict=True)
        ]
        rows = [
            [start, slot, *row] for start, slot, row in zip(starts, chosen, tokens, strict=True)
        ]
        self._given.copy_(torch.tensor(rows))

    def run(self) -> None:
        """Run the pass on what was loaded last; nothing is read back."""
        if self._graph is None:
            self._pass()
        else:
            self._graph.replay()

    def state(self, row: int, position: int) -> torch.Tensor | None:
        """Give the last state (hidden,) at a position of the text; None if it was not scored."""
        slot = position - self._firsts[row]
        return self.hidden[row, slot] if 0 <= slot < self.hidden.shape[1] else None

    def _pass(self) -> None:
        start, slot, tokens = self._given[:, 0], self._given[:, 1], self._given[:, 2:]
        hidden = self.model.hidden(tokens, start, self._layers)
        places = self.model.places(start, self.width)
        if self._one_slot:
            hidden = hidden.take_along_dim(slot[:, None, None], dim=1)
            places = places.take_along_dim(slot[:, None], dim=1)
        self.hidden = hidden
        self.logits = self.model.logits(hidden)
        self.scores = self._sampling.scores(self.logits, places)
        self.choices = self.scores.argmax(-1)  # of equal scores torch gives the first

    def _capture(self, graphs: Graphs) -> None:
        graphs.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(graphs.stream):
            for _ in range(WARMING):
                self._pass()
        torch.cuda.current_stream().wait_stream(graphs.stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=graphs.pool, stream=graphs.stream):
            self._pass()
        self._graph = graph
