"""Marks every test here `speculative`, and skips them where torch or the weights are missing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzer.speculative.weights import wheel
from analyzer.speculative.weights.shapes import TINY, Shape

if TYPE_CHECKING:
    import torch

    from analyzer.speculative.llama.model import Model
    from analyzer.speculative.weights.gguf import Gguf
    from analyzer.speculative.weights.llama import Source

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.speculative)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Bits depend on how sums are shared between threads; a busy machine must not decide."""
    pytest.importorskip("torch", reason="torch is not installed: no model can run").set_num_threads(
        1
    )


@pytest.fixture(scope="session")
def gguf() -> "Gguf":
    pytest.importorskip("torch", reason="torch is not installed: no model can run")
    from analyzer.speculative.weights import gguf

    if wheel.installed() is None:
        pytest.skip(f"the weights are not installed: {wheel.INSTALL}")
    return gguf.read(wheel.checked())


@pytest.fixture(scope="session")
def smollm2(gguf: "Gguf") -> "Model":
    """SmolLM2 in 32 bits, one row of 160 positions."""
    from analyzer.speculative.llama.model import Model, Setting
    from analyzer.speculative.weights.llama import shape_of, stored_source

    shape = shape_of(gguf)
    return Model(shape, stored_source(gguf, shape), Setting(positions=160))


Tiny = Callable[..., "Model"]


@pytest.fixture
def tiny() -> Tiny:
    """Makes a random model: 12 tokens, 2 layers, 3 heads on one key head."""
    from analyzer.speculative.llama.model import Model, Setting
    from analyzer.speculative.weights.llama import random_source

    def make(
        seed: int, rows: int = 1, dtype: str = "float64", positions: int = 80, layers: int = 2
    ) -> Model:
        shape = replace(TINY, vocabulary=12, layers=layers)
        setting = Setting(positions=positions, rows=rows, dtype=dtype)
        return Model(shape, random_source(shape, seed, scale=2.0), setting)

    return make


@pytest.fixture
def recomputed() -> Callable[[Shape, "Source", Sequence[int]], "torch.Tensor"]:
    """Gives the logits (tokens, vocabulary) of a text in float64, in the textbook way: no cache."""
    return _recomputed


def _recomputed(shape: Shape, source: "Source", text: Sequence[int]) -> "torch.Tensor":
    import torch

    def weight(name: str) -> "torch.Tensor":
        return source(f"{name}.weight").double()

    def normal(state: "torch.Tensor", name: str) -> "torch.Tensor":
        mean_square = state.square().mean(-1, keepdim=True)
        return state / (mean_square + shape.rms_epsilon).sqrt() * weight(name)

    def rotated(head: "torch.Tensor") -> "torch.Tensor":
        """Each pair of a half and its partner as a complex number, turned by its angle."""
        half = shape.head_size // 2
        speeds = shape.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
        angles = torch.outer(torch.arange(len(text), dtype=torch.float64), speeds)
        turned = torch.complex(head[:, :half], head[:, half:]) * torch.exp(1j * angles)
        return torch.cat([turned.real, turned.imag], dim=-1)

    def attended(state: "torch.Tensor", layer: str) -> "torch.Tensor":
        query, key, value = (
            (state @ weight(f"{layer}.attn_{name}").T).split(shape.head_size, dim=-1)
            for name in ("q", "k", "v")
        )
        mixed = []
        for head in range(shape.heads):
            shared = head * shape.kv_heads // shape.heads
            scores = rotated(query[head]) @ rotated(key[shared]).T / shape.head_size**0.5
            later = torch.ones_like(scores).triu(1).bool()
            mixed.append(scores.masked_fill(later, -torch.inf).softmax(-1) @ value[shared])
        return torch.cat(mixed, dim=-1) @ weight(f"{layer}.attn_output").T

    state = weight("token_embd")[list(text)]
    for number in range(shape.layers):
        layer = f"blk.{number}"
        state = state + attended(normal(state, f"{layer}.attn_norm"), layer)
        fed = normal(state, f"{layer}.ffn_norm")
        gate = fed @ weight(f"{layer}.ffn_gate").T
        opened = gate * gate.sigmoid() * (fed @ weight(f"{layer}.ffn_up").T)
        state = state + opened @ weight(f"{layer}.ffn_down").T
    return normal(state, "output_norm") @ weight("token_embd").T
