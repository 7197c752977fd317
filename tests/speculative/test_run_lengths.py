import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import Pass, decode
from analyzer.speculative.drafters.lookup import Drafter, NoDraft, PromptLookup
from analyzer.speculative.run_lengths import record, recorded, replay
from tests.speculative.table_models import Guess, Oracle, TableModel, TableTarget

LONGEST = 6


def test_a_recording_by_hand() -> None:
    # output 1 2 1 2 1 2 9 after prompt 7; the latest match is copied
    lengths = record([7], [1, 2, 1, 2, 1, 2, 9], PromptLookup(), longest=3)
    # known 1: no match; 1 2: none; 1 2 1: "2 1" right; 1 2 1 2: "1 2" right;
    # 1 2 1 2 1: "2 1", 2 right; all six: "1 2", and 9 came
    assert lengths.proposed == (0, 0, 2, 2, 2, 2)
    assert lengths.accepted == (0, 0, 2, 2, 1, 0)
    # 1 | 2 | 1 | 2 1 2 | 9: the last place has room for its own token alone
    assert replay(lengths, 3) == (Pass(0, 0), Pass(0, 0), Pass(2, 2), Pass(0, 0))
    assert replay(lengths, 1) == (Pass(0, 0), Pass(0, 0), Pass(1, 1), Pass(1, 1))
    assert replay(lengths, 0) == (Pass(0, 0),) * 6


@given(
    seed=st.integers(0, 30),
    prompt=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    limit=st.integers(1, 24),
    end=st.frozensets(st.integers(0, 5), max_size=2),
    which=st.integers(0, 3),
)
def test_a_replay_is_the_loops_passes(
    seed: int, prompt: list[int], limit: int, end: frozenset[int], which: int
) -> None:
    model = TableModel(6, seed, sharpness=2.0)
    target = TableTarget(model)
    [plain] = decode(target, [NoDraft()], [prompt], limit, 0, end=end)
    drafters: list[Drafter] = [
        PromptLookup(),
        Guess(6, seed),
        NoDraft(),
        Oracle([*prompt, *plain.tokens, 0, 0, 0]),
    ]
    lengths = record(prompt, plain.tokens, drafters[which], LONGEST, limit=limit)
    for drafted in range(LONGEST + 1):
        [found] = decode(target, [drafters[which]], [prompt], limit, drafted, end=end)
        assert replay(lengths, drafted) == found.passes


def test_counts_alone_are_a_recording_of_a_drafter_that_always_proposes() -> None:
    lengths = recorded([2, 0, 4, 3, 2, 1, 0], longest=4)
    # 8 tokens: 1 | 3 | 1 + 4 would be 5 with 3 left: drafts have room for 3 and 3 fit
    assert replay(lengths, 4) == (Pass(4, 2), Pass(3, 3))
    assert replay(lengths, 2) == (Pass(2, 2), Pass(2, 2), Pass(0, 0))


def test_counts_alone_replay_as_the_full_recording_does() -> None:
    model = TableModel(6, 8)
    [plain] = decode(TableTarget(model), [NoDraft()], [[1, 2]], 40, 0)
    drafter = Guess(6, 3)
    full = record([1, 2], plain.tokens, drafter, LONGEST)
    counts = recorded(full.accepted, LONGEST)
    assert replay(counts, 4) == replay(full, 4)


def test_what_was_not_recorded_is_refused() -> None:
    lengths = recorded([1, 0], longest=2)
    with pytest.raises(SpeculativeError, match="3 drafted tokens were not recorded; take 0 to 2"):
        replay(lengths, 3)
    with pytest.raises(SpeculativeError, match="place 1: 3 accepted of 2 proposed"):
        recorded([1, 3], longest=2)
