"""Where a model's tensors come from: a GGUF file, or a seed where only the cost matters."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights.blocks import Floats
from analyzer.speculative.weights.gguf import Gguf
from analyzer.speculative.weights.shapes import Shape, tensor_shapes

if TYPE_CHECKING:
    import torch

ARCHITECTURE = "llama"
Source = Callable[[str], "torch.Tensor"]
"""Gives the tensor of a name, anew at each call: a model keeps its own copy."""


def shape_of(gguf: Gguf) -> Shape:
    """Give the sizes a file states, once every tensor has them."""
    if gguf.metadata.get("general.architecture") != ARCHITECTURE:
        raise SpeculativeError(
            f"{gguf.name}: not of the {ARCHITECTURE} architecture; name a GGUF file that is"
        )
    shape = _stated(gguf)
    expected = tensor_shapes(shape)
    found = {name: at.shape for name, at in gguf.stored.items()}
    if found != expected:
        wrong = next(name for name in expected | found if found.get(name) != expected.get(name))
        raise SpeculativeError(
            f"{gguf.name}: tensor {wrong} has sizes {found.get(wrong)} where its metadata ask for "
            f"{expected.get(wrong)}; fetch the file again, or name another"
        )
    return shape


def stored_source(gguf: Gguf, shape: Shape) -> Source:
    """Give the file's tensors, queries and keys in the order that whole-half rotation needs."""

    def tensor(name: str) -> "torch.Tensor":
        import torch

        return torch.from_numpy(_rotation_order(gguf.tensor(name), name, shape))

    return tensor


def random_source(shape: Shape, seed: int, device: str = "cpu", scale: float = 1.0) -> Source:
    """Give normal weights of deviation `scale / sqrt(columns)` made on the device, norms of one.

    A tensor depends on the seed, the device and its own name only, not on the order of asking.
    """
    sizes = tensor_shapes(shape)
    numbers = {name: number for number, name in enumerate(sizes)}

    def tensor(name: str) -> "torch.Tensor":
        import torch

        if len(sizes[name]) == 1:
            return torch.ones(sizes[name], device=device)
        generator = torch.Generator(device).manual_seed(seed * len(sizes) + numbers[name])
        values = torch.randn(sizes[name], generator=generator, device=device)
        return values.mul_(scale * sizes[name][1] ** -0.5)

    return tensor


def _stated(gguf: Gguf) -> Shape:
    def number(key: str) -> int:
        return int(gguf.number(f"{ARCHITECTURE}.{key}"))

    heads, hidden = number("attention.head_count"), number("embedding_length")
    if heads < 1 or hidden % heads:
        raise SpeculativeError(
            f"{gguf.name}: {hidden} hidden values over {heads} heads; fetch the file again"
        )
    return Shape(
        name=str(gguf.metadata.get("general.name", gguf.name)),
        vocabulary=number("vocab_size"),
        hidden=hidden,
        layers=number("block_count"),
        heads=heads,
        kv_heads=number("attention.head_count_kv"),
        head_size=hidden // heads,
        feed_forward=number("feed_forward_length"),
        tied="output.weight" not in gguf.stored,
        rms_epsilon=gguf.number(f"{ARCHITECTURE}.attention.layer_norm_rms_epsilon"),
        rope_base=gguf.number(f"{ARCHITECTURE}.rope.freq_base"),
    )


def _rotation_order(values: Floats, name: str, shape: Shape) -> Floats:
    """Undo llama.cpp's pairing: it rotates rows (0, 1), (2, 3), ..; here halves rotate."""
    if name.endswith("attn_q.weight"):
        heads = shape.heads
    elif name.endswith("attn_k.weight"):
        heads = shape.kv_heads
    else:
        return values
    rows, columns = values.shape
    paired = values.reshape(heads, rows // heads // 2, 2, columns)
    return paired.swapaxes(1, 2).reshape(rows, columns)
