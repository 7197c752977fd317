from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import decode
from analyzer.speculative.drafters.lookup import NoDraft, looks_ahead
from analyzer.speculative.run_lengths import replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.speculative.drafters.head_fit import Fitted
    from analyzer.speculative.drafters.own_text import OwnTexts
    from analyzer.speculative.llama.engine import Engine
    from analyzer.speculative.llama.model import Model

Tiny = Callable[..., "Model"]
PROMPTS = [[1, 2, *range(3, 12), 5, 3, 1], [1, 2, *range(10, 3, -1), 4, 9, 3, 1]]


def _texts(tiny: Tiny, seed: int = 4) -> "OwnTexts":
    from analyzer.speculative.drafters.own_text import seeds, write
    from analyzer.speculative.llama.engine import Engine

    return write(
        Engine(tiny(3, rows=40), [1]),
        seeds(PROMPTS),
        length=12,
        wanted=900,
        temperature=0.3,
        seed=seed,
        end=frozenset({0}),
        time_is_up=lambda: False,
    )


def _fitted(tiny: Tiny) -> "Fitted":
    from analyzer.speculative.drafters.head_fit import fit

    return fit(tiny(3), _texts(tiny), seed=1, rounds=20, share_of_time=lambda: 0.0)


def test_training_is_seeded_and_learns_what_unseen_texts_show(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.head_fit import fit

    fitted, again = _fitted(tiny), _fitted(tiny)
    assert bool((fitted.head.output == again.head.output).all())
    untrained = fit(tiny(3), _texts(tiny), seed=1, share_of_time=lambda: 1.0)
    assert untrained.steps == 0
    assert fitted.held_out.asked == untrained.held_out.asked
    assert fitted.held_out.right[0] > untrained.held_out.right[0]
    assert fitted.trained.right[0] > untrained.trained.right[0]


@pytest.mark.parametrize("drafted", [1, 4])
def test_recorded_run_lengths_replay_the_loop_exactly(tiny: Tiny, drafted: int) -> None:
    from analyzer.speculative.drafters.head import HeadDrafter, record
    from analyzer.speculative.llama.engine import Engine

    model, head = tiny(3), _fitted(tiny).head
    engine = Engine(model, [1, drafted + 1])
    for prompt in PROMPTS:
        plain = decode(engine, [NoDraft()], [prompt], 40, 0)[0]
        drafting = decode(engine, [HeadDrafter(engine, head)], [prompt], 40, drafted)[0]
        assert drafting.tokens == plain.tokens
        assert replay(record(model, head, prompt, plain.tokens, 6), drafted) == drafting.passes
        assert sum(one.accepted for one in drafting.passes) > 0


def test_a_head_does_not_look_ahead(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.head import HeadDrafter
    from analyzer.speculative.llama.engine import Engine

    engine = Engine(tiny(3), [1])
    drafter = HeadDrafter(engine, _fitted(tiny).head)
    text, changed = [*PROMPTS[0], 7, 8, 9], [*PROMPTS[0], 7, 3, 3]
    assert looks_ahead(lambda _: _Scored(engine, drafter), text, changed, 4) == ()


class _Scored:
    """Has the engine score what the loop would have scored before it asks."""

    def __init__(self, engine: "Engine", drafter: object) -> None:
        self.engine, self.drafter = engine, drafter

    def propose(self, context: "Sequence[int]", limit: int) -> list[int]:
        from analyzer.speculative.drafters.head import HeadDrafter

        assert isinstance(self.drafter, HeadDrafter)
        if len(context) > 1:
            self.engine.prefill([context[:-1]])
        return self.drafter.propose(context, limit)


def test_no_measured_answer_is_learnt(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.own_text import TELLING, seeds, without

    assert not any(seed in PROMPTS for seed in seeds(PROMPTS))
    texts = _texts(tiny)
    answers = [decode(_engine(tiny), [NoDraft()], [one], 30, 0)[0].tokens for one in PROMPTS]
    planted = texts.tokens[7].tolist()[2:8]
    clean = without(texts, [*answers, planted])
    assert len(clean.tokens) < len(texts.tokens)
    for row in clean.tokens.tolist():
        told = repr(row)[1:-1]
        assert all(repr(list(one[:TELLING]))[1:-1] not in told for one in [*answers, planted])


def _engine(tiny: Tiny) -> "Engine":
    from analyzer.speculative.llama.engine import Engine

    return Engine(tiny(3), [1])


def test_states_are_those_that_the_token_was_chosen_from(tiny: Tiny) -> None:
    model, texts = tiny(3), _texts(tiny)
    best = model.logits(texts.states).argmax(-1)
    written = texts.tokens >= 0
    agree = (best == texts.tokens)[written].double().mean()
    assert float(agree) > 0.5  # sampled at a low temperature: mostly the best token
    assert texts.count == int(written.sum())


def test_nothing_behind_an_end_token_is_learnt(tiny: Tiny) -> None:
    for row in _texts(tiny).tokens.tolist():
        ends = row.index(0) if 0 in row else len(row)
        assert set(row[ends + 1 :]) <= {-1}
        assert -1 not in row[:ends]


def test_wrong_calls_are_told(tiny: Tiny) -> None:
    from analyzer.speculative.drafters.head import HeadDrafter, record
    from analyzer.speculative.drafters.head_fit import fit
    from analyzer.speculative.drafters.own_text import OwnTexts, seeds
    from analyzer.speculative.llama.engine import Engine

    head = _fitted(tiny).head
    with pytest.raises(SpeculativeError, match="the model has 2"):
        HeadDrafter(Engine(tiny(3, rows=2), [1]), head)
    with pytest.raises(SpeculativeError, match="need 9 positions, the cache has 8"):
        record(tiny(3, positions=8), head, [1] * 7, [1, 2], 4)
    with pytest.raises(SpeculativeError, match="did not score position 50"):
        _engine(tiny).state(50)
    with pytest.raises(SpeculativeError, match="hold no 8 tokens"):
        seeds([[1, 2, 3], [1, 4, 3]])
    texts = _texts(tiny)
    few = OwnTexts(texts.tokens[:3], texts.states[:3])
    with pytest.raises(SpeculativeError, match="3 own texts"):
        fit(tiny(3), few, seed=1, share_of_time=lambda: 0.0)
