"""The tokenizer that a GGUF file carries, and the turns of its chat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights.gguf import Gguf

if TYPE_CHECKING:
    import tokenizers

KIND, SPLITTING = "gpt2", "smollm"
"""Byte-level pairs, each digit for itself: how SmolLM2 splits text, in llama.cpp's words."""
SPECIAL = 3
"""GGUF's number for a token that no text gives."""
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
"""What SmolLM2-Instruct's own chat template says first where a chat has no system turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side of a chat says."""

    role: str
    """system, user or assistant."""
    content: str


class Tokenizer:
    """Text to tokens and back."""

    def __init__(self, gguf: Gguf) -> None:
        if (kind := _kind(gguf)) != (KIND, SPLITTING):
            raise SpeculativeError(
                f"{gguf.name}: a tokenizer of kind {kind} and only {(KIND, SPLITTING)} is rebuilt; "
                "name a GGUF file of SmolLM2"
            )
        self._tokens = gguf.texts("tokenizer.ggml.tokens")
        self._model = _model(gguf, self._tokens)
        self._opens = self._known("<|im_start|>", gguf)
        self._closes = self._known("<|im_end|>", gguf)
        self.end = frozenset({self._closes, self._known("<|endoftext|>", gguf)})
        """Tokens after which an answer is over."""

    def encode(self, text: str) -> list[int]:
        """Give the tokens of plain text; what looks like a special token in it stays text."""
        ids: list[int] = self._model.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, tokens: Sequence[int], *, special: bool = False) -> str:
        """Give the text of tokens, that of special ones where asked for."""
        text: str = self._model.decode(list(tokens), skip_special_tokens=not special)
        return text

    def chat(self, turns: Iterable[Turn]) -> list[int]:
        """Give the prompt after which the assistant speaks, as SmolLM2's chat template does."""
        said = list(turns)
        if not said or said[0].role != "system":
            said.insert(0, Turn("system", SYSTEM))
        prompt: list[int] = []
        for turn in said:
            prompt += [self._opens, *self.encode(f"{turn.role}\n{turn.content}"), self._closes]
            prompt += self.encode("\n")
        return [*prompt, self._opens, *self.encode("assistant\n")]

    def _known(self, token: str, gguf: Gguf) -> int:
        if token not in self._tokens:
            raise SpeculativeError(f"{gguf.name}: no token {token}; name a GGUF file of SmolLM2")
        return self._tokens.index(token)


def _kind(gguf: Gguf) -> tuple[object, object]:
    return gguf.metadata.get("tokenizer.ggml.model"), gguf.metadata.get("tokenizer.ggml.pre")


def _model(gguf: Gguf, tokens: Sequence[str]) -> "tokenizers.Tokenizer":
    try:
        import tokenizers
    except ImportError as error:
        raise SpeculativeError(
            "text needs the package tokenizers, which is not installed; run "
            "`pip install tokenizers`, or give prompts as tokens"
        ) from error
    from tokenizers import decoders, models, pre_tokenizers

    merges = [tuple(pair.split(" ")) for pair in gguf.texts("tokenizer.ggml.merges")]
    numbers = {token: number for number, token in enumerate(tokens)}
    model = tokenizers.Tokenizer(models.BPE(vocab=numbers, merges=merges))
    model.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    model.decoder = decoders.ByteLevel()
    kinds = np.asarray(gguf.metadata.get("tokenizer.ggml.token_type", []))
    if len(kinds) != len(tokens):
        raise SpeculativeError(
            f"{gguf.name}: {len(tokens)} tokens and {len(kinds)} kinds of token; fetch it again"
        )
    special = np.flatnonzero(kinds == SPECIAL).tolist()
    model.add_special_tokens([tokens[number] for number in special])
    model.encode_special_tokens = True
    return model
