"""What the stages share: weights, prompts, settings, and engines made when first asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import SpeculativeError
from analyzer.speculative.drafters import early_exit, second_model
from analyzer.speculative.drafters.head import Head
from analyzer.speculative.llama.engine import Engine
from analyzer.speculative.llama.model import Model, Setting
from analyzer.speculative.prompts import Prompt
from analyzer.speculative.run_lengths import RunLengths
from analyzer.speculative.settings import Settings
from analyzer.speculative.weights.gguf import Gguf, read
from analyzer.speculative.weights.llama import random_source, shape_of, stored_source
from analyzer.speculative.weights.shapes import SHAPES, SMOLLM2, Shape

if TYPE_CHECKING:
    import torch

END = frozenset({0, 2})
"""SmolLM2's end of text and end of turn."""
SEED = 0
"""Of random weights."""


@dataclass(eq=False)
class Bench:
    """One run's model and what it is asked."""

    settings: Settings
    prompts: tuple[Prompt, ...]
    """With their tokens."""
    weights: Path
    draft_weights: Path | None = None
    """Those of a second model that drafts, where one was named."""
    trained: tuple[Head, dict[str, Any]] | None = None
    """The head that this run trained, and how."""
    _models: dict[tuple[str, int], Model] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """`cpu` or `cuda`."""
        return self.settings.device

    @cached_property
    def gguf(self) -> Gguf:
        """The weights' file."""
        return read(self.weights)

    @cached_property
    def shape(self) -> Shape:
        """The weights' sizes."""
        return replace(shape_of(self.gguf), name=SMOLLM2.name)

    @cached_property
    def positions(self) -> int:
        """Cache that holds the longest prompt with its answer and the widest pass behind it."""
        asked = self.settings
        limit = max(asked.limit, asked.speed_limit)
        longest = max(len(prompt.tokens) for prompt in self.prompts)
        return longest + limit + max(*asked.widths, *(n + 1 for n in asked.drafts))

    def one_of_each(self) -> tuple[Prompt, ...]:
        """The first prompt of each kind."""
        first: dict[str, Prompt] = {}
        for prompt in self.prompts:
            first.setdefault(prompt.kind, prompt)
        return tuple(first.values())

    def engine(
        self,
        dtype: str,
        widths: Sequence[int],
        *,
        batch: int = 1,
        temperature: float = 0.0,
        seed: int | None = None,
        graph: bool = True,
    ) -> Engine:
        """Give a target on the real weights; its model is made once for each type and batch."""
        if (dtype, batch) not in self._models:
            self._models[dtype, batch] = self._model(dtype, batch)
        return Engine(self._models[dtype, batch], widths, temperature, seed, graph=graph)

    def random_model(self, name: str, batch: int) -> Model:
        """Give a model of a larger one's sizes; those of other sizes are given up for it."""
        self._models.clear()
        setting = Setting(self.settings.context, batch, "bfloat16", self.device)
        return Model(SHAPES[name], random_source(SHAPES[name], SEED, self.device), setting)

    @cached_property
    def second_model(self) -> Model:
        """Give the model of the draft weights, once its tokens are known to be the target's."""
        if self.draft_weights is None:
            raise SpeculativeError("no second model was named: give --draft-weights FILE")
        gguf = read(self.draft_weights)
        second_model.check_tokens(self.gguf, gguf)
        shape = shape_of(gguf)
        setting = Setting(self.positions, 1, self.settings.dtypes[0], self.device)
        return Model(shape, stored_source(gguf, shape), setting)

    def exits(self) -> tuple[int, ...]:
        """Layers after which a draft is read off: half, four fifths and nearly all of them."""
        layers = self.shape.layers
        return (layers // 2, layers * 4 // 5, layers - 2)

    def exit_runs(
        self, dtype: str, prompt: Sequence[int], output: Sequence[int], layers: int, longest: int
    ) -> RunLengths:
        """Accepted runs of drafts read off after some of the layers, from one pass."""
        model = self.engine(dtype, (1,)).model
        return early_exit.record(model, layers, prompt, output, longest, limit=self.settings.limit)

    def library_model(self, dtype: str) -> Any:
        """Give the same weights as a transformers model, without a file of its own."""
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        shape = self.shape
        config = LlamaConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            intermediate_size=shape.feed_forward,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
            rms_norm_eps=shape.rms_epsilon,
            rope_theta=shape.rope_base,
            tie_word_embeddings=shape.tied,
        )
        model = LlamaForCausalLM(config).eval()
        model.load_state_dict(self._library_weights())
        return model.to(device=self.device, dtype=getattr(torch, dtype))

    def _library_weights(self) -> "dict[str, torch.Tensor]":
        source = stored_source(self.gguf, self.shape)
        found = {library: source(ours) for ours, library in _library_names(self.shape).items()}
        if self.shape.tied:
            found["lm_head.weight"] = found["model.embed_tokens.weight"]
        return found

    def _model(self, dtype: str, batch: int) -> Model:
        import torch

        if dtype not in {"float64", "float32", "bfloat16"}:
            raise SpeculativeError(f"{dtype}: take float64, float32 or bfloat16")
        if self.device == "cpu":
            torch.set_num_threads(self.settings.threads)
        setting = Setting(self.positions, batch, dtype, self.device)
        return Model(self.shape, stored_source(self.gguf, self.shape), setting)


_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def _library_names(shape: Shape) -> dict[str, str]:
    """Give the library's name of each tensor."""
    names = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
    }
    if not shape.tied:
        names["output.weight"] = "lm_head.weight"
    for layer in range(shape.layers):
        for ours, theirs in _LAYER.items():
            names[f"blk.{layer}.{ours}.weight"] = f"model.layers.{layer}.{theirs}.weight"
    return names
