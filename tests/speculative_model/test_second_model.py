from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters.lookup import NoDraft, looks_ahead
from analyzer.speculative.run_lengths import replay
from analyzer.speculative.weights.cursor import Value
from analyzer.speculative.weights.gguf import Gguf

if TYPE_CHECKING:
    from analyzer.speculative.llama.model import Model

Tiny = Callable[..., "Model"]
PROMPT = [1, 2, 3, 4, 5, 1, 2]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("drafted", [1, 4])
def test_recorded_run_lengths_replay_the_loop_exactly(tiny: Tiny, seed: int, drafted: int) -> None:
    from analyzer.speculative.drafters.second_model import SecondModel, record
    from analyzer.speculative.llama.engine import Engine

    # the same weights with fewer layers: another model that is often right
    target, draft = tiny(seed, layers=4, positions=100), tiny(seed, layers=3, positions=100)
    engine = Engine(target, [1, drafted + 1])
    plain = decode(engine, [NoDraft()], [PROMPT], 60, 0)[0]
    drafter = SecondModel(Engine(draft, [1]))
    drafting = decode(engine, [drafter], [PROMPT], 60, drafted)[0]
    assert drafting.tokens == plain.tokens
    assert replay(record(draft, PROMPT, plain.tokens, 6), drafted) == drafting.passes
    assert len({one.accepted for one in drafting.passes}) > 1


def test_a_second_model_does_not_look_ahead(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.second_model import SecondModel
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(3), [1])
    text = [*PROMPT, 7, 8, 9, 10, 11]
    changed = [*PROMPT, 7, 8, 3, 3, 3]
    assert looks_ahead(lambda _: SecondModel(engine), text, changed, 4) == ()


def test_a_cache_that_kept_refused_drafts_is_found_out(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.second_model import SecondModel
    from analyzer.speculative.llama.engine import Engine

    drafter = SecondModel(Engine(tiny(5), [1]))
    drafts = drafter.propose(PROMPT, 4)
    refused = [*PROMPT, (drafts[0] + 1) % 12, 4]  # the target went on with another token
    fresh = SecondModel(Engine(tiny(5), [1])).propose(refused, 4)
    assert drafter.propose(refused, 4) == fresh


def test_the_real_model_is_always_right_about_itself(smollm2: "Model") -> None:
    from analyzer.speculative.drafters.second_model import record
    from analyzer.speculative.llama.engine import Engine

    prompt = [1, 4093, 198, 1780, 314, 260]
    output = decode(Engine(smollm2, [1]), [NoDraft()], [prompt], 16, 0)[0].tokens
    # 15 places; the last four have 4, 3, 2 and 1 tokens left
    assert record(smollm2, prompt, output, 4).accepted == (4,) * 12 + (3, 2, 1)


def _gguf(name: str, **changed: Value) -> Gguf:
    known: dict[str, Value] = {
        "model": "gpt2",
        "pre": "smollm",
        "tokens": ["a", "b", "ab"],
        "merges": ["a b"],
        "token_type": np.array([1, 1, 1]),
    }
    metadata = {f"tokenizer.ggml.{key}": value for key, value in (known | changed).items()}
    return Gguf(name, metadata, {}, np.zeros(0, np.uint8))


def test_another_tokenizer_is_refused_with_the_first_token_that_differs() -> None:
    from analyzer.speculative.drafters.second_model import check_tokens

    target = _gguf("target.gguf")
    check_tokens(target, replace(target, name="same.gguf"))
    for changed, told in (
        ({"tokens": ["a", "c", "ab"]}, "tokens: 3 against 3, the first difference at 1"),
        ({"tokens": ["a", "b", "ab", "c"]}, "tokens: 4 against 3, the first difference at 3"),
        ({"merges": ["b a"]}, "merges: 1 against 1, the first difference at 0"),
        ({"token_type": np.array([1, 1, 3])}, "token_type: 3 against 3, the first difference at 2"),
        ({"pre": "default"}, "pre: default against smollm"),
    ):
        with pytest.raises(SpeculativeError, match=told) as refused:
            check_tokens(target, _gguf("draft.gguf", **changed))
        assert "\n" not in str(refused.value)


def test_a_second_model_of_two_rows_is_refused(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.second_model import SecondModel, record
    from analyzer.speculative.llama.engine import Engine

    with pytest.raises(SpeculativeError, match="this one has 2"):
        SecondModel(Engine(tiny(1, rows=2), [1]))
    with pytest.raises(SpeculativeError, match="this one has 2"):
        record(tiny(1, rows=2), PROMPT, [1, 2], 4)
