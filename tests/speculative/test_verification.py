"""The verification rules, proven by going through every branch of a small model."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzer.errors import SpeculativeError
from analyzer.speculative.verification import (
    Acceptance,
    Verdict,
    draw,
    pick,
    verify_greedy,
    verify_sampling,
)
from tests.speculative.table_models import TableModel, chi_square_chance

Floats = NDArray[np.float64]
Rule = Callable[[Floats, Floats | None, list[int]], Acceptance]
TARGET = TableModel(5, seed=0, sharpness=1.5)
DRAFT = TableModel(5, seed=1, sharpness=1.5)
LENGTH = 4


def certain(text: tuple[int, ...]) -> int:
    """A drafter that is certain: its token depends on the text alone."""
    return int(np.argmax(DRAFT.logits(text)))


def exact() -> dict[tuple[int, ...], float]:
    chances = {}
    for text in itertools.product(range(5), repeat=LENGTH):
        steps = [TARGET.distribution(text[:place])[text[place]] for place in range(LENGTH)]
        chances[text] = float(np.prod(steps))
    return chances


def draft_paths(
    text: tuple[int, ...], count: int, *, sampled: bool
) -> list[tuple[list[int], float]]:
    """Every draft of `count` tokens after a text, with its chance."""
    paths: list[tuple[list[int], float]] = [([], 1.0)]
    for _ in range(count):
        longer = []
        for path, chance in paths:
            here = (*text, *path)
            if not sampled:
                longer.append(([*path, certain(here)], chance))
                continue
            shares = DRAFT.distribution(here)
            longer += [([*path, token], chance * float(shares[token])) for token in range(5)]
        paths = longer
    return paths


def enumerated(rule: Rule, drafted: int, *, sampled: bool) -> dict[tuple[int, ...], float]:
    """Chance of every output of 4 tokens, over all drafts, acceptances and replacements."""
    chances: dict[tuple[int, ...], float] = {(): 1.0}
    for length in range(LENGTH):
        for text in [text for text in chances if len(text) == length]:
            mass = chances.pop(text)
            count = min(drafted, LENGTH - length)  # what lies behind the fourth token is cut off
            for path, chance in draft_paths(text, count, sampled=sampled):
                target = np.stack(
                    [TARGET.distribution((*text, *path[:n])) for n in range(count + 1)]
                )
                stated = np.stack([DRAFT.distribution((*text, *path[:n])) for n in range(count)])
                branches = rule(target, stated if sampled else None, path)
                _spread(chances, (text, path), mass * chance, branches)
    return chances


def _spread(
    chances: dict[tuple[int, ...], float],
    place: tuple[tuple[int, ...], list[int]],
    mass: float,
    branches: Acceptance,
) -> None:
    text, path = place
    for accepted in range(len(path) + 1):
        rejected = 1.0 if accepted == len(path) else 1.0 - float(branches.accept[accepted])
        for token, share in enumerate(branches.replacement[accepted]):
            out = (*text, *path[:accepted], token)[:LENGTH]
            chances[out] = chances.get(out, 0.0) + mass * rejected * float(share)
        if accepted < len(path):
            mass *= float(branches.accept[accepted])


def error(rule: Rule, drafted: int, *, sampled: bool) -> tuple[float, float]:
    """Largest difference of a chance, and the total variation, from the target's distribution."""
    right, found = exact(), enumerated(rule, drafted, sampled=sampled)
    assert set(found) == set(right)
    gaps = [abs(found[text] - right[text]) for text in right]
    return max(gaps), sum(gaps) / 2


@pytest.mark.parametrize("sampled", [True, False], ids=["drawn drafts", "certain drafts"])
@pytest.mark.parametrize("drafted", [1, 2, 3, 4])
def test_every_branch_together_gives_the_targets_distribution(
    drafted: int, *, sampled: bool
) -> None:
    largest, _ = error(verify_sampling, drafted, sampled=sampled)
    assert largest < 1e-15


def resampled_from_the_target(
    target: Floats, draft: Floats | None, drafts: list[int]
) -> Acceptance:
    return Acceptance(verify_sampling(target, draft, drafts).accept, target)


def accepting_a_tenth_more(target: Floats, draft: Floats | None, drafts: list[int]) -> Acceptance:
    right = verify_sampling(target, draft, drafts)
    return Acceptance(np.minimum(1.0, 1.1 * right.accept), right.replacement)


def told_a_cooler_draft(target: Floats, draft: Floats | None, drafts: list[int]) -> Acceptance:
    assert draft is not None
    cooler = draft ** (1 / 0.9)
    return verify_sampling(target, cooler / cooler.sum(axis=1, keepdims=True), drafts)


@pytest.mark.parametrize(
    "fault", [resampled_from_the_target, accepting_a_tenth_more, told_a_cooler_draft]
)
@pytest.mark.parametrize("drafted", [1, 4])
def test_the_same_sums_catch_a_planted_fault(fault: Rule, drafted: int) -> None:
    largest, variation = error(fault, drafted, sampled=True)
    assert largest > 1e-4  # ten orders of magnitude above what the right rule shows
    assert variation > 0.005


def test_one_position_by_hand() -> None:
    target = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    draft = np.array([[0.2, 0.6, 0.2]])
    # token 1 is kept with 0.3 / 0.6; what is left of p - q is 0.3 of token 0 alone
    branches = verify_sampling(target, draft, [1])
    assert branches.accept.tolist() == pytest.approx([0.5], rel=1e-15)
    assert branches.replacement.tolist() == [[1, 0, 0], [0.1, 0.1, 0.8]]
    # token 0 is likelier for the target than for the drafter: always kept
    assert verify_sampling(target, draft, [0]).accept[0] == 1.0
    # a certain draft of token 1 is kept with p = 0.3, else 5 : 2 of the others
    alone = verify_sampling(target, None, [1])
    assert alone.accept.tolist() == pytest.approx([0.3], rel=1e-15)
    assert alone.replacement[0].tolist() == pytest.approx([5 / 7, 0, 2 / 7], rel=1e-15)


def test_a_drafter_equal_to_the_target_is_never_rejected() -> None:
    target = np.array([[0.25, 0.75], [0.5, 0.5]])
    branches = verify_sampling(target, target[:1], [0])
    assert branches.accept[0] == 1.0
    assert np.isfinite(branches.replacement).all()


def test_no_draft_leaves_the_target_alone() -> None:
    target = np.array([[0.25, 0.75]])
    branches = verify_sampling(target, None, [])
    assert branches.accept.shape == (0,)
    np.testing.assert_array_equal(branches.replacement, target)


def test_a_draft_its_own_distribution_excludes_is_refused() -> None:
    target = np.full((2, 2), 0.5)
    with pytest.raises(SpeculativeError, match="draft 0 has chance 0"):
        verify_sampling(target, np.array([[1.0, 0.0]]), [1])


def test_rows_that_do_not_fit_the_drafts_are_refused() -> None:
    with pytest.raises(SpeculativeError, match="2 drafts need target rows"):
        verify_sampling(np.full((2, 2), 0.5), None, [0, 1])
    with pytest.raises(SpeculativeError, match="1 drafts need 2 choices, not 1"):
        verify_greedy([3], [3])


def test_greedy_keeps_the_longest_beginning_that_the_target_chose() -> None:
    assert verify_greedy([7, 8, 9], [7, 8]) == Verdict(2, 9)
    assert verify_greedy([7, 8, 9], [7, 9]) == Verdict(1, 8)
    # the second draft would be right by accident: behind a wrong one it does not count
    assert verify_greedy([7, 8, 9], [6, 8]) == Verdict(0, 7)
    assert verify_greedy([7], []) == Verdict(0, 7)


def test_a_token_of_chance_0_is_never_drawn() -> None:
    generator = np.random.default_rng(0)
    shares = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    assert {pick(shares, generator) for _ in range(200)} == {1, 3}


def detectable_variation(cells: int, runs: int) -> float:
    """Total variation seen with chance 0.99 when the alarm is set at a chance of 0.001.

    Normal approximations of the chi-square and of the shifted one; a variation v shifts it by
    at least 4 v^2 runs (Cauchy and Schwarz).
    """
    freedom = cells - 1
    alarm = freedom + 3.09 * np.sqrt(2 * freedom)
    shift = 0.0
    while freedom + shift - 2.33 * np.sqrt(2 * (freedom + 2 * shift)) < alarm:
        shift += 0.1
    return float(np.sqrt(shift / (4 * runs)))


RUNS = 12_000


def drawn_pairs(rule: Rule) -> list[float]:
    """How often each first and second token came in seeded runs of drafting and drawing."""
    generator, counts = np.random.default_rng(20230402), np.zeros((5, 5))
    for _ in range(RUNS):
        text: tuple[int, ...] = ()
        while len(text) < 2:
            stated = DRAFT.distribution(text)[None]
            draft = [pick(stated[0], generator)]
            target = np.stack([TARGET.distribution(text), TARGET.distribution((*text, *draft))])
            verdict = draw(rule(target, stated, draft), draft, generator)
            text = (*text, *draft[: verdict.accepted], verdict.token)
        counts[text[0], text[1]] += 1
    return [float(count) for count in counts.ravel()]


def test_drawn_output_follows_the_target_as_far_as_draws_can_tell() -> None:
    # a smoke test: it sees a total variation of 4 %, where the sums above see 1e-15
    assert 0.03 < detectable_variation(cells=25, runs=RUNS) < 0.04
    first = TARGET.distribution(())
    expected = [RUNS * float(p) for a in range(5) for p in first[a] * TARGET.distribution((a,))]
    assert chi_square_chance(drawn_pairs(verify_sampling), expected) > 1e-3
    assert chi_square_chance(drawn_pairs(resampled_from_the_target), expected) < 1e-6
