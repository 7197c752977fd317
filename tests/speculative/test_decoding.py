"""One loop decodes with and without drafts; drafts move passes and never a token."""

import inspect
from collections.abc import Sequence

import numpy as np
import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative import decoding
from analyzer.speculative.decoding import Decoded, Pass, decode
from analyzer.speculative.drafters.lookup import Drafter, NoDraft, PromptLookup
from analyzer.speculative.verification import Verdict, verify_greedy, verify_sampling
from tests.speculative.table_models import Guess, Oracle, TableModel, TableTarget, chi_square_chance

RULES = {f.__name__: f for f in (decode, verify_greedy, verify_sampling)}
PROMPTS = [[1, 2, 3, 1, 2, 3, 1], [4], [2, 2, 5, 0]]


def ordinary(
    model: TableModel,
    prompts: Sequence[Sequence[int]],
    limit: int,
    end: frozenset[int] = frozenset(),
) -> list[Decoded]:
    """Every prompt alone, one token a pass."""
    return [
        decode(TableTarget(model), [NoDraft()], [prompt], limit, 0, end=end)[0]
        for prompt in prompts
    ]


def holds_its_sums(decoded: Decoded) -> bool:
    emitted = 1 + sum(1 + one.accepted for one in decoded.passes)
    return emitted == len(decoded.tokens) and all(
        0 <= one.accepted <= one.drafted for one in decoded.passes
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("drafted", [1, 2, 5, 8])
@pytest.mark.parametrize("extra", [0, 3])
def test_drafts_change_no_token(seed: int, drafted: int, extra: int) -> None:
    model = TableModel(7, seed, sharpness=2.0)
    width = drafted + 1 + extra
    plain = ordinary(model, PROMPTS, 30)
    texts = [[*prompt, *row.tokens] for prompt, row in zip(PROMPTS, plain, strict=True)]
    every: list[list[Drafter]] = [
        [NoDraft()] * 3,
        [PromptLookup()] * 3,
        [Guess(7, seed)] * 3,
        [Oracle(text) for text in texts],
        [PromptLookup(), Guess(7, seed), NoDraft()],
    ]
    for drafters in every:
        target = TableTarget(model, rows=3)
        found = decode(target, drafters, PROMPTS, 30, drafted, width=width)
        assert [row.tokens for row in found] == [row.tokens for row in plain]
        assert all(map(holds_its_sums, found))
        assert target.widths == {width}  # shapes never change
        alone = [
            decode(TableTarget(model), [drafter], [prompt], 30, drafted, width=width)[0]
            for drafter, prompt in zip(drafters, PROMPTS, strict=True)
        ]
        assert found == alone  # nor does a row know of the others


@pytest.mark.parametrize("width", [1, 2, 9])
def test_a_wider_pass_without_drafts_changes_nothing(width: int) -> None:
    model = TableModel(7, 3)
    found = decode(TableTarget(model, rows=3), [NoDraft()] * 3, PROMPTS, 20, 0, width=width)
    assert found == ordinary(model, PROMPTS, 20)
    assert all(row.passes == (Pass(0, 0),) * 19 for row in found)


def test_an_oracle_needs_the_fewest_passes() -> None:
    model = TableModel(12, 3)
    [plain] = ordinary(model, [[1, 2, 3]], 30)
    oracle = Oracle([1, 2, 3, *plain.tokens])
    [found] = decode(TableTarget(model), [oracle], [[1, 2, 3]], 30, 4)
    # one token from the prefill, then 29 = 5 x 5 + 4: the last pass has room for 3 drafts
    assert found.passes == (Pass(4, 4),) * 5 + (Pass(3, 3),)
    assert found.tokens == plain.tokens


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_a_limit_inside_a_run_is_kept(limit: int) -> None:
    model = TableModel(7, 1)
    [plain] = ordinary(model, [[1, 2]], 12)
    oracle = Oracle([1, 2, *plain.tokens])
    [found] = decode(TableTarget(model), [oracle], [[1, 2]], limit, 8)
    assert found.tokens == plain.tokens[:limit]
    assert found.passes == ((Pass(limit - 2, limit - 2),) if limit > 1 else ())
    assert not found.ended


@pytest.mark.parametrize("drafted", [0, 1, 4, 7])
def test_an_end_token_inside_an_accepted_run_ends_the_text(drafted: int) -> None:
    model = TableModel(12, 4, sharpness=2.0)
    [plain] = ordinary(model, [[5, 1]], 30)
    oracle = Oracle([5, 1, *plain.tokens])
    for end in set(plain.tokens):
        cut = plain.tokens[: plain.tokens.index(end) + 1]
        target = TableTarget(model)
        [found] = decode(target, [oracle], [[5, 1]], 30, drafted, end=frozenset({end}))
        assert (found.tokens, found.ended) == (cut, True)
        assert holds_its_sums(found)


def test_what_is_accepted_behind_an_end_token_does_not_count() -> None:
    class Follow:
        """A target that counts upwards, whatever it is shown."""

        rows = 1

        def prefill(self, prompts: Sequence[Sequence[int]]) -> list[int]:
            return [prompts[0][-1] + 1]

        def choose(self, cached: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
            assert len(cached) == 1
            return [[token + 1 for token in tokens[0]]]

    oracle = Oracle(range(20))
    [found] = decode(Follow(), [oracle], [[0]], 15, 4, end=frozenset({8}))
    # 1 | 2 3 4 5 6 | 7 8 (9 10 11 were chosen too, behind the end)
    assert found == Decoded((1, 2, 3, 4, 5, 6, 7, 8), (Pass(4, 4), Pass(4, 1)), ended=True)


@pytest.mark.parametrize("seed", range(4))
def test_rows_end_when_they_end(seed: int) -> None:
    model = TableModel(9, seed, sharpness=2.0)
    end = frozenset({0, 4})
    plain = ordinary(model, PROMPTS, 25, end=end)
    target = TableTarget(model, rows=3)
    found = decode(target, [PromptLookup()] * 3, PROMPTS, 25, 3, end=end)
    assert [(row.tokens, row.ended) for row in found] == [(r.tokens, r.ended) for r in plain]
    assert target.steps == max(len(row.passes) for row in found)


def test_an_off_by_one_acceptance_shows_in_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_too_many(choices: Sequence[int], drafts: Sequence[int]) -> Verdict:
        right = verify_greedy(choices, drafts)
        accepted = min(right.accepted + 1, len(drafts))
        return Verdict(accepted, choices[accepted])

    model = TableModel(7, 0)
    [plain] = ordinary(model, [[1, 2]], 20)
    monkeypatch.setattr(decoding, "verify_greedy", one_too_many)
    [found] = decode(TableTarget(model), [Guess(7, 1)], [[1, 2]], 20, 3)
    assert found.tokens != plain.tokens


def test_sampling_keyed_by_position_gives_the_same_tokens_with_drafts() -> None:
    model = TableModel(12, 5)
    for seed in range(200):
        seeds = (seed, seed + 1_000)
        prompts = [[1, 2, 3], [4, 4]]
        plain = decode(TableTarget(model, 2, seeds, 0.9), [NoDraft()] * 2, prompts, 20, 0)
        for drafter, drafted in ((PromptLookup(), 4), (Guess(12, seed), 3)):
            target = TableTarget(model, 2, seeds, 0.9)
            found = decode(target, [drafter] * 2, prompts, 20, drafted)
            assert [row.tokens for row in found] == [row.tokens for row in plain]


def test_sampling_keyed_by_position_keeps_the_targets_distribution() -> None:
    model, runs = TableModel(4, 2), 3_000
    counts = np.zeros((4, 4))
    for seed in range(runs):
        [found] = decode(TableTarget(model, 1, (seed,)), [PromptLookup()], [[0, 1, 2]], 3, 2)
        counts[found.tokens[0], found.tokens[1]] += 1
    first = model.distribution((1, 2))
    expected = [runs * float(p) for a in range(4) for p in first[a] * model.distribution((2, a))]
    assert chi_square_chance([float(n) for n in counts.ravel()], expected) > 1e-3


def test_settings_that_cannot_be_decoded_are_refused() -> None:
    target = TableTarget(TableModel(5, 0))
    with pytest.raises(SpeculativeError, match="2 prompts and 1 drafters for a target of 1 rows"):
        decode(target, [NoDraft()], [[1], [2]], 5, 0)
    for limit, drafted, width in ((0, 0, 1), (5, -1, 1), (5, 3, 3)):
        with pytest.raises(SpeculativeError, match=f"limit {limit}, drafted {drafted}"):
            decode(target, [NoDraft()], [[1]], limit, drafted, width=width)


def test_no_setting_trades_output_for_speed() -> None:
    rules = {name: set(inspect.signature(f).parameters) for name, f in RULES.items()}
    assert rules == {
        "decode": {"target", "drafters", "prompts", "limit", "drafted", "width", "end"},
        "verify_greedy": {"choices", "drafts"},
        "verify_sampling": {"target", "draft", "drafts"},
    }


def test_a_drafter_that_proposes_more_than_allowed_is_refused() -> None:
    class Eager:
        def propose(self, context: Sequence[int], limit: int) -> list[int]:
            return [context[-1]] * (limit + 1)

    with pytest.raises(SpeculativeError, match="Eager proposed 5 tokens where 4 were allowed"):
        decode(TableTarget(TableModel(5, 0)), [Eager()], [[1]], 9, 4)
