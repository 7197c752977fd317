import itertools

import numpy as np
import pytest

from analyzer.speculative.closed_form import speed_up, tokens_per_pass
from analyzer.speculative.run_lengths import recorded, replay


def test_tokens_a_pass_by_hand() -> None:
    # (1 - 0.8^5) / (1 - 0.8) = 0.67232 / 0.2
    assert tokens_per_pass(0.8, 4) == pytest.approx(3.3616, rel=1e-12)
    assert tokens_per_pass(0.0, 4) == 1.0
    assert tokens_per_pass(1.0, 4) == 5.0
    assert tokens_per_pass(0.8, 0) == 1.0
    # half of the passes propose: (1 + 3.3616) / 2
    assert tokens_per_pass(0.8, 4, match=0.5) == pytest.approx(2.1808, rel=1e-12)


def test_speed_up_by_hand() -> None:
    assert speed_up(0.8, 4) == pytest.approx(3.3616, rel=1e-12)
    # 3.3616 / (1.2 + 4 x 0.05)
    assert speed_up(0.8, 4, pass_ratio=1.2, draft_ratio=0.05) == pytest.approx(
        2.401142857, rel=1e-9
    )
    # 2.1808 / (1.2 + 0.5 x 4 x 0.05): a lookup that proposes nothing still pays the wide pass
    found = speed_up(0.8, 4, pass_ratio=1.2, draft_ratio=0.05, match=0.5)
    assert found == pytest.approx(2.1808 / 1.3, rel=1e-12)
    assert speed_up(0.0, 4, pass_ratio=1.2) < 1


def test_the_formula_is_the_sum_over_every_run() -> None:
    runs = itertools.product([True, False], repeat=3)
    mean = 0.0
    for kept in runs:
        chance = float(np.prod([0.6 if one else 0.4 for one in kept]))
        length = next((place for place, one in enumerate(kept) if not one), 3)
        mean += chance * (1 + length)
    assert tokens_per_pass(0.6, 3) == pytest.approx(mean, rel=1e-12)


def test_bursts_break_the_formula_and_not_the_replay() -> None:
    # every other place accepts 4, the rest none: the same acceptances, all in bursts
    lengths = recorded([0, 4] * 50, longest=4)
    passes = replay(lengths, 4)
    # per two passes 6 tokens, 4 drafts accepted and 1 rejected: a = 4 / 5
    tokens = sum(1 + one.accepted for one in passes) / len(passes)
    assert tokens == pytest.approx(3, rel=0.02)
    accepted = sum(one.accepted for one in passes)
    judged = accepted + sum(one.accepted < one.drafted for one in passes)
    assert accepted / judged == pytest.approx(0.8, rel=0.01)
    assert tokens_per_pass(0.8, 4) > 1.1 * tokens  # 3.3616
