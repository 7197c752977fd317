"""A Llama whose cache never changes shape, so that a pass of one width always runs one program.

Written for capture in a CUDA graph: no value is read back to the host, no shape depends on data.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from analyzer.speculative.llama.device import fitting
from analyzer.speculative.weights.llama import Source
from analyzer.speculative.weights.shapes import Shape

ALIGNED = 64
"""Cached positions are a multiple of this: attention kernels want an aligned mask."""
HALF = 2
"""Bytes of a 16-bit value."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a model is held."""

    positions: int
    """Tokens of prompt and output that a row may have."""
    rows: int = 1
    """Texts scored at once."""
    dtype: str = "float32"
    """float64, float32 or bfloat16."""
    device: str = "cpu"
    float_head: bool = False
    """Whether the logits of a 16-bit model are made in 32 bits."""


@dataclass(frozen=True, slots=True)
class _Layer:
    before_attention: torch.Tensor
    queries_keys_values: torch.Tensor
    attended: torch.Tensor
    before_feed: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor


class Model:
    """Weights and cache. The cache of a position is overwritten by whoever scores it last."""

    def __init__(self, shape: Shape, source: Source, setting: Setting) -> None:
        self.shape = shape
        self.setting = setting
        self.device = torch.device(setting.device)
        self.dtype: torch.dtype = getattr(torch, setting.dtype)
        self.wide = torch.float64 if self.dtype == torch.float64 else torch.float32
        """The type that rotations, noise and scores are worked out in."""
        with fitting(f"{shape.name} in {setting.dtype}, {setting.rows} x {setting.positions}"):
            self._take(source)
            self._reserve()

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights as held, which a pass reads at least once."""
        size: int = self.dtype.itemsize
        return self.shape.parameters * size

    @property
    def embedding(self) -> torch.Tensor:
        """What a token begins a pass with, (vocabulary, hidden)."""
        return self._embedding

    @property
    def output(self) -> torch.Tensor:
        """What a last state is turned into logits with, (vocabulary, hidden)."""
        return self._head

    def hidden(
        self, tokens: torch.Tensor, start: torch.Tensor, layers: int | None = None
    ) -> torch.Tensor:
        """Score tokens (rows, width) at positions start (rows,) on; give (rows, width, hidden).

        `layers` ends the pass after the first layers. Positions past the last one share a spare
        place in the cache that no token in range ever looks at: padding may stand there.
        """
        places = self.places(start, tokens.shape[1])
        mask = self._mask(places)
        cosine, sine = self._cosine[places][:, :, None], self._sine[places][:, :, None]
        with torch.no_grad(), self._kernels():
            state = self._embedding[tokens]
            for layer, cache in zip(self._layers[:layers], self._cache[:layers], strict=True):
                heads = functional.linear(
                    self._normal(state, layer.before_attention), layer.queries_keys_values
                ).unflatten(-1, (-1, self.shape.head_size))
                turned = self._turned(heads, cosine, sine)
                self._store(cache, places, turned, heads)
                state = state + functional.linear(
                    self._attention(turned, cache, mask), layer.attended
                )
                gate, up = functional.linear(
                    self._normal(state, layer.before_feed), layer.gate_up
                ).chunk(2, -1)
                state = state + functional.linear(functional.silu(gate) * up, layer.down)
            return self._normal(state, self._last)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Give the logits (.., vocabulary) of hidden states (.., hidden)."""
        with torch.no_grad():
            return functional.linear(hidden.to(self._head.dtype), self._head)

    def places(self, start: torch.Tensor, width: int) -> torch.Tensor:
        """Give the cache places (rows, width) of a pass; what is out of range is the spare one."""
        return (start[:, None] + self._counting[:width]).clamp(max=self.setting.positions)

    def _take(self, source: Source) -> None:
        def held(name: str) -> torch.Tensor:
            return source(f"{name}.weight").to(device=self.device, dtype=self.dtype)

        self._embedding, self._last = held("token_embd"), held("output_norm")
        head = self._embedding if self.shape.tied else held("output")
        self._head = head.to(self.wide) if self.setting.float_head else head
        self._layers = [
            _Layer(
                before_attention=held(f"blk.{number}.attn_norm"),
                queries_keys_values=torch.cat(
                    [held(f"blk.{number}.attn_{name}") for name in ("q", "k", "v")]
                ),
                attended=held(f"blk.{number}.attn_output"),
                before_feed=held(f"blk.{number}.ffn_norm"),
                gate_up=torch.cat([held(f"blk.{number}.ffn_{name}") for name in ("gate", "up")]),
                down=held(f"blk.{number}.ffn_down"),
            )
            for number in range(self.shape.layers)
        ]

    def _reserve(self) -> None:
        shape, rows = self.shape, self.setting.rows
        places = -(-(self.setting.positions + 1) // ALIGNED) * ALIGNED
        self._cache = torch.zeros(
            (shape.layers, 2, rows, shape.kv_heads, places, shape.head_size),
            dtype=self.dtype,
            device=self.device,
        )
        self._counting = torch.arange(places, device=self.device)
        self._row = torch.arange(rows, device=self.device)[:, None]
        angles = self._angles(places)
        self._cosine = angles.cos().repeat(1, 2).to(device=self.device, dtype=self.wide)
        # a half's partner is the other half, negated for the first: the sign stands in the sine
        self._sine = torch.cat([-angles.sin(), angles.sin()], dim=-1).to(self._cosine)

    def _angles(self, places: int) -> torch.Tensor:
        """Give the rotations (places, head_size / 2) of RoPE, arXiv 2104.09864 section 3.2.2."""
        pairs = torch.arange(0, self.shape.head_size, 2, dtype=torch.float64)
        speeds = self.shape.rope_base ** -(pairs / self.shape.head_size)
        return torch.outer(torch.arange(places, dtype=torch.float64), speeds)

    def _mask(self, places: torch.Tensor) -> torch.Tensor:
        """Give 0 where a token may look and -inf elsewhere, one line for each query row."""
        seen = self._counting <= places[:, :, None]
        mask = torch.zeros(seen.shape, dtype=self.dtype, device=self.device)
        mask = mask.masked_fill(~seen, float("-inf"))
        return mask.repeat(1, self.shape.heads // self.shape.kv_heads, 1)[:, None]

    def _kernels(self) -> AbstractContextManager[None]:
        """Pin how attention is worked out on CUDA: picked anew, it could differ between widths.

        Wide types take the plain products: the fused kernel makes 32-bit ones out of TF32 parts.
        """
        if self.device.type != "cuda":
            return nullcontext()
        fused = [SDPBackend.EFFICIENT_ATTENTION] if self.dtype.itemsize == HALF else []
        chosen: AbstractContextManager[None] = sdpa_kernel([*fused, SDPBackend.MATH])
        return chosen

    def _normal(self, state: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(state, weight.shape, weight, self.shape.rms_epsilon)

    def _turned(
        self, heads: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor
    ) -> torch.Tensor:
        """Rotate queries and keys (rows, width, heads, head_size) to their positions."""
        shape = self.shape
        plain = heads[:, :, : shape.heads + shape.kv_heads]
        turned = plain * cosine + plain.roll(shape.head_size // 2, -1) * sine
        return turned.to(self.dtype)

    def _store(
        self, cache: torch.Tensor, places: torch.Tensor, turned: torch.Tensor, heads: torch.Tensor
    ) -> None:
        keys, values = cache[0], cache[1]
        keys[self._row, :, places] = turned[:, :, self.shape.heads :]
        values[self._row, :, places] = heads[:, :, self.shape.heads + self.shape.kv_heads :]

    def _attention(
        self, turned: torch.Tensor, cache: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Fold the queries that share a key head into its rows, so that no key is copied."""
        shape, (rows, width) = self.shape, turned.shape[:2]
        queries = turned[:, :, : shape.heads].transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(
            queries.reshape(rows, shape.kv_heads, -1, shape.head_size),
            cache[0],
            cache[1],
            attn_mask=mask,
        )
        return mixed.reshape(rows, shape.heads, width, -1).transpose(1, 2).flatten(2)
