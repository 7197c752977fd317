"""The real weights: their sizes, their text, and what another program makes of them."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters.lookup import NoDraft, PromptLookup
from analyzer.speculative.llama.tokenizer import Tokenizer, Turn
from analyzer.speculative.weights.llama import shape_of, stored_source
from analyzer.speculative.weights.shapes import SMOLLM2, tensor_shapes

if TYPE_CHECKING:
    import torch

    from analyzer.speculative.llama.model import Model
    from analyzer.speculative.weights.gguf import Gguf

TEXTS = [
    "The capital of France is Paris.",
    "  def f(x):\n\treturn x**2  # 1234567890\n\n",
    "Ünïcödé, 你好, 🙂, and a nul\x00.",
    "it's 3.14; they're <|im_end|> and <|endoftext|>",
    "",
]
PROMPTS = ["What is the capital of France?", "List three colours as JSON."]


@pytest.fixture(scope="module")
def tokenizer(gguf: "Gguf") -> Tokenizer:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: text stays text")
    return Tokenizer(gguf)


def test_all_tensors_have_the_sizes_of_the_shape(gguf: "Gguf") -> None:
    shape = shape_of(gguf)
    assert len(gguf.stored) == 272
    assert {name: at.shape for name, at in gguf.stored.items()} == tensor_shapes(SMOLLM2)
    assert shape.parameters == SMOLLM2.parameters
    assert (shape.heads, shape.kv_heads, shape.head_size) == (9, 3, 64)
    assert shape.rms_epsilon == pytest.approx(1e-5)
    assert shape.rope_base == SMOLLM2.rope_base


def test_a_file_whose_sizes_disagree_with_its_metadata_is_refused(gguf: "Gguf") -> None:
    from dataclasses import replace

    wrong = replace(gguf, metadata={**gguf.metadata, "llama.feed_forward_length": 1535})
    with pytest.raises(SpeculativeError, match=r"tensor blk\.0\.ffn_gate\.weight has sizes"):
        shape_of(wrong)
    with pytest.raises(SpeculativeError, match="not of the llama architecture"):
        shape_of(replace(gguf, metadata={**gguf.metadata, "general.architecture": "qwen2"}))
    with pytest.raises(SpeculativeError, match="576 hidden values over 7 heads"):
        shape_of(replace(gguf, metadata={**gguf.metadata, "llama.attention.head_count": 7}))


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_its_tokens(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens, special=True) == text
    assert not tokenizer.end & set(tokens)


def test_digits_stand_alone_and_words_take_their_blank(tokenizer: Tokenizer) -> None:
    assert [tokenizer.decode([token]) for token in tokenizer.encode("in 2026")] == [
        "in", " ", "2", "0", "2", "6",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "turns",
    [
        [Turn("user", "Hello")],
        [
            Turn("system", "Be brief."),
            Turn("user", "Hi"),
            Turn("assistant", "Hi."),
            Turn("user", "?"),
        ],
    ],
)
def test_a_chat_is_what_the_files_own_template_writes(
    gguf: "Gguf", tokenizer: Tokenizer, turns: list[Turn]
) -> None:
    import jinja2

    template = jinja2.Environment(autoescape=False).from_string(  # noqa: S701 - tokens, not a page
        str(gguf.metadata["tokenizer.chat_template"])
    )
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    written = template.render(messages=messages, add_generation_prompt=True)
    assert tokenizer.decode(tokenizer.chat(turns), special=True) == written


def test_a_tokenizer_of_another_kind_is_refused(gguf: "Gguf") -> None:
    from dataclasses import replace

    other = replace(gguf, metadata={**gguf.metadata, "tokenizer.ggml.pre": "llama-bpe"})
    with pytest.raises(SpeculativeError, match="llama-bpe"):
        Tokenizer(other)
    one = {"tokenizer.ggml.tokens": ["a"], "tokenizer.ggml.merges": []}
    bare = replace(gguf, metadata={**gguf.metadata, **one})
    with pytest.raises(SpeculativeError, match="1 tokens and 49152 kinds of token"):
        Tokenizer(bare)
    bare.metadata["tokenizer.ggml.token_type"] = np.array([1])
    with pytest.raises(SpeculativeError, match=r"no token <\|im_start\|>"):
        Tokenizer(bare)


def test_a_question_is_answered_in_words(smollm2: "Model", tokenizer: Tokenizer) -> None:
    from analyzer.speculative.llama.engine import Engine

    prompt = tokenizer.chat([Turn("user", PROMPTS[0])])
    engine = Engine(smollm2, [5])
    plain = decode(engine, [NoDraft()], [prompt], 16, 0, width=5, end=tokenizer.end)[0]
    assert "Paris" in tokenizer.decode(plain.tokens)
    assert plain.ended
    drafted = decode(engine, [PromptLookup()], [prompt], 16, 4, end=tokenizer.end)[0]
    assert drafted.tokens == plain.tokens
    assert len(drafted.passes) < len(plain.passes)


@pytest.fixture(scope="module")
def outside(gguf: "Gguf") -> "torch.nn.Module":
    """The same weights in transformers' own Llama."""
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed: no second opinion"
    )
    import torch

    config = transformers.LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        model = transformers.LlamaForCausalLM(config)
    model.to_empty(device="cpu")
    model.model.rotary_emb = type(model.model.rotary_emb)(config)
    source = stored_source(gguf, shape_of(gguf))
    weights = {_outside_name(name): source(name) for name in gguf.stored}
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    model.load_state_dict(weights, strict=True)
    evaluated: torch.nn.Module = model.eval()
    return evaluated


def _outside_name(name: str) -> str:
    names = {
        "token_embd": "model.embed_tokens",
        "output_norm": "model.norm",
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
    *layer, own, _ = name.split(".")
    within = f"model.layers.{layer[1]}." if layer else ""
    return f"{within}{names[own]}.weight"


@pytest.mark.parametrize("question", PROMPTS)
def test_another_program_gives_the_same_tokens_and_nearly_the_same_logits(
    smollm2: "Model", outside: "torch.nn.Module", tokenizer: Tokenizer, question: str
) -> None:
    import torch

    from analyzer.speculative.llama.engine import Engine, Record

    prompt = tokenizer.chat([Turn("user", question)])
    engine = Engine(smollm2, [1])
    engine.record = Record(logits=True)
    tokens = decode(engine, [NoDraft()], [prompt], 16, 0)[0].tokens
    with torch.no_grad():
        logits = outside(torch.tensor([[*prompt, *tokens]])).logits[0]
    places = range(len(prompt), len(prompt) + 16)
    # teacher-forced: the argmax behind each token is the next one, so greedy decoding gives these
    assert [int(logits[place - 1].argmax()) for place in places] == list(tokens)
    ours = torch.stack([engine.record.logits[0][place] for place in places])
    off = (ours - logits[len(prompt) - 1 : -1]).abs().max()
    assert float(off) < 1e-3
    assert np.isfinite(float(off))
