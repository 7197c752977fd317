"""A model as the decoding loop's target: prompts in chunks, passes of fixed widths, choices out."""

from collections.abc import Mapping, Sequence

import torch

from analyzer.errors import SpeculativeError
from analyzer.speculative import noise
from analyzer.speculative.llama.device import fitting
from analyzer.speculative.llama.model import Model
from analyzer.speculative.llama.step import Graphs, Sampling, Step

CHUNK = 64
"""Prompt tokens of a pass: one width for all prompts, so that a prompt always runs alike."""


class Record:
    """What lay behind each choice, by row and by the position that the chosen token takes.

    A position scored again replaces what stood there, so positions of the final text are right;
    those behind its end may hold what padding left.
    """

    def __init__(self, *, logits: bool = False) -> None:
        self.margins: list[dict[int, float]] = []
        """Score of the choice above that of the runner-up; 0 is a tie."""
        self.logits: list[dict[int, torch.Tensor]] = []
        """(vocabulary,) each, where asked for."""
        self._keep_logits = logits

    def clear(self, rows: int) -> None:
        """Forget the texts before."""
        self.margins = [{} for _ in range(rows)]
        self.logits = [{} for _ in range(rows)]

    def add(self, step: Step, first: Mapping[int, int]) -> None:
        """Note a pass, given for each row to note the position that its first choice takes."""
        best = step.scores.topk(2).values.to(torch.float64)
        margins = (best[..., 0] - best[..., 1]).tolist()
        for row, position in first.items():
            for slot, margin in enumerate(margins[row]):
                self.margins[row][position + slot] = margin
                if self._keep_logits:
                    self.logits[row][position + slot] = step.logits[row, slot].clone()


class Engine:
    """Implements the decoding loop's `Target`. Give `record` a `Record` to keep what it notes."""

    def __init__(
        self,
        model: Model,
        widths: Sequence[int],
        temperature: float = 0.0,
        seed: int | None = None,
        *,
        chunk: int = CHUNK,
        graph: bool = True,
    ) -> None:
        self.model = model
        self.record: Record | None = None
        self._graphs = Graphs() if graph and model.device.type == "cuda" else None
        self._sampling = _sampling(model, temperature, seed)
        self._chunk = self._make(chunk, one_slot=True)
        self._steps = {width: self._make(width) for width in widths}
        self.latest = self._chunk
        """The pass that ran last."""

    @property
    def rows(self) -> int:
        """Texts decoded at once."""
        return self.model.setting.rows

    def step(self, width: int) -> Step:
        """Give the pass of a width, made at first use."""
        if width not in self._steps:
            self._steps[width] = self._make(width)
        return self._steps[width]

    def prefill(self, prompts: Sequence[Sequence[int]]) -> list[int]:
        """Cache the prompts, one for each row, and give the first chosen token of each."""
        longest = max(map(len, prompts), default=0)
        self._check(len(prompts), longest)
        if not all(prompts):
            raise SpeculativeError("an empty prompt has no token to go on from: give one at least")
        if self.record is not None:
            self.record.clear(self.rows)
        first = [0] * self.rows
        for start in range(0, longest, self._chunk.width):
            ends = self._prefill_chunk(prompts, start)
            for row, token in ends.items():
                first[row] = token
        return first

    def choose(self, cached: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
        """Score (rows, width) tokens and give the target's choice after each of them.

        Of row i the first `cached[i]` positions are valid in the cache, and `tokens[i]` stand at
        positions `cached[i]` on. The choices are the one thing read back from the device.
        """
        width = len(tokens[0]) if tokens else 0
        if not width or any(len(row) != width for row in tokens):
            raise SpeculativeError("rows of unequal or no width in one pass: pad them alike")
        self._check(len(tokens), max(cached) + width)
        step = self.step(width)
        with fitting(f"a pass of {self.rows} x {width} tokens"):
            step.load(cached, tokens)
            step.run()
            self.latest = step
            choices: list[list[int]] = step.choices.tolist()
        if self.record is not None:
            self.record.add(step, {row: start + 1 for row, start in enumerate(cached)})
        return choices

    def state(self, position: int) -> torch.Tensor:
        """Give the last state (hidden,) at a position that the latest pass scored; one row."""
        found = self.latest.state(0, position)
        if found is None:
            raise SpeculativeError(
                f"the latest pass did not score position {position}: ask behind the last pass only"
            )
        return found

    def _prefill_chunk(self, prompts: Sequence[Sequence[int]], start: int) -> dict[int, int]:
        """Score one chunk of every prompt; give the choice of the rows whose prompt ends in it."""
        step = self._chunk
        parts = [list(prompt[start : start + step.width]) for prompt in prompts]
        slots = [max(len(part) - 1, 0) for part in parts]
        ends = [row for row, prompt in enumerate(prompts) if 0 < len(prompt) - start <= step.width]
        with fitting(f"a pass of {self.rows} x {step.width} prompt tokens"):
            padded = [part + [0] * (step.width - len(part)) for part in parts]
            step.load([start] * self.rows, padded, slots)
            step.run()
            self.latest = step
            choices = step.choices[:, 0].tolist() if ends else []
        if self.record is not None:
            self.record.add(step, {row: len(prompts[row]) for row in ends})
        return {row: choices[row] for row in ends}

    def _make(self, width: int, *, one_slot: bool = False) -> Step:
        with fitting(f"a pass of {self.rows} x {width} tokens"):
            return Step(
                self.model,
                width,
                sampling=self._sampling,
                one_slot=one_slot,
                graphs=self._graphs,
            )

    def _check(self, texts: int, needed: int) -> None:
        if texts != self.rows:
            raise SpeculativeError(
                f"{texts} texts for a model of {self.rows} rows: give one for each row"
            )
        if needed > self.model.setting.positions:
            raise SpeculativeError(
                f"prompt and answer need {needed} positions, the cache has "
                f"{self.model.setting.positions}: shorten them or make the model with more"
            )


def _sampling(model: Model, temperature: float, seed: int | None) -> Sampling:
    if temperature == 0:
        return Sampling()
    if temperature < 0 or seed is None:
        raise SpeculativeError(
            f"temperature {temperature} with seed {seed}: take a temperature of 0, or one above 0 "
            "and a seed that fixes its noise"
        )
    positions = range(model.setting.positions + 2)  # the spare place's token, and one behind it
    with fitting("the noise table"):
        table = torch.from_numpy(noise.table(seed, positions, model.shape.vocabulary))
        return Sampling(temperature, table.to(device=model.device, dtype=model.wide))
