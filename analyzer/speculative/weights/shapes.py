"""The sizes of a Llama-like model, and the models measured."""

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the cost of a pass; the values of the weights do not."""

    name: str
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    """Query heads."""
    kv_heads: int
    """Key and value heads, each shared by `heads / kv_heads` query heads."""
    head_size: int
    feed_forward: int
    tied: bool
    """The output head is the embedding."""
    rms_epsilon: float = 1e-5
    rope_base: float = 10_000.0

    @property
    def parameters(self) -> int:
        """Count the weights."""
        return sum(map(prod, tensor_shapes(self).values()))


SMOLLM2 = Shape("smollm2-135m", 49_152, 576, 30, 9, 3, 64, 1536, tied=True, rope_base=100_000.0)
LLAMA_1B = Shape("llama-1b", 128_256, 2048, 16, 32, 8, 64, 8192, tied=True, rope_base=500_000.0)
LLAMA_8B = Shape("llama-8b", 128_256, 4096, 32, 32, 8, 128, 14_336, tied=False, rope_base=500_000.0)
TINY = Shape("tiny", 64, 48, 2, 3, 1, 16, 96, tied=True)
SHAPES = {shape.name: shape for shape in (SMOLLM2, LLAMA_1B, LLAMA_8B, TINY)}
"""The sizes of Llama 3.2 1B and Llama 3.1 8B stand in their `config.json`; only sizes are used."""


def tensor_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Give the name and the sizes (rows first) of every tensor, named as GGUF names them."""
    hidden, feed = shape.hidden, shape.feed_forward
    queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    layer = {
        "attn_norm": (hidden,),
        "attn_q": (queries, hidden),
        "attn_k": (keys, hidden),
        "attn_v": (keys, hidden),
        "attn_output": (hidden, queries),
        "ffn_norm": (hidden,),
        "ffn_gate": (feed, hidden),
        "ffn_up": (feed, hidden),
        "ffn_down": (hidden, feed),
    }
    tensors: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (shape.vocabulary, hidden),
        "output_norm.weight": (hidden,),
    }
    if not shape.tied:
        tensors["output.weight"] = (shape.vocabulary, hidden)
    for number in range(shape.layers):
        tensors |= {f"blk.{number}.{name}.weight": sizes for name, sizes in layer.items()}
    return tensors
