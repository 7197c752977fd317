"""Break the search for lost reads once in each place: a worked case notices."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from analyzer.savings.lost import gather, missed, money, parted
from tests.lost import test_reasons, test_told

_priced, _asked = money._priced, gather._asked  # noqa: SLF001 - the functions that are broken


def every(*told: Any) -> Any:
    """Say yes to everything."""
    return np.ones(len(told[-1]), np.bool_)


def never_several(group: Any, _kinds: Any) -> Any:
    return np.zeros(int(group.max(initial=-1)) + 1, np.bool_)


def no_forks(_parent: Any, leaf: Any) -> Any:
    return np.full(len(leaf), -1, np.int32)


def whole_price(calls: pl.DataFrame, pieces: pl.DataFrame, basis: Any) -> pl.DataFrame:
    """What was paid, without taking the price of a read off."""
    priced: pl.DataFrame = _priced(calls, pieces, basis)
    return priced.with_columns(lost=pl.col("input_pico"))


def silent(calls: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The vendor's word is not heard."""
    del calls
    return own.clear()


def equal_lengths(_trie: Any, asked: Any, calls: Any) -> Any:
    return np.zeros(len(asked.leaf[calls]), np.int32)


def changed(**fields: Callable[[Any], Any]) -> Callable[..., Any]:
    """Calls as they were laid out, with some columns broken."""

    def broken(calls: pl.DataFrame, places: Any) -> Any:
        asked = _asked(calls, places)
        return replace(asked, **{name: change(asked) for name, change in fields.items()})

    return broken


@dataclass(frozen=True, slots=True)
class Planted:
    place: Any
    name: str
    broken: Callable[..., Any]
    notices: Callable[[], None]


def unlogged_at_ten_seconds() -> None:
    test_reasons.test_time_decides_why_a_rewritten_prefix_was_not_read(10, "unlogged")


def concurrent_at_five_seconds() -> None:
    test_reasons.test_time_decides_why_a_rewritten_prefix_was_not_read(5, "concurrent cold start")


PLANTED = {
    "the price of a read is not taken off": Planted(
        money, "_priced", whole_price, unlogged_at_ten_seconds
    ),
    "the vendor is not heard": Planted(
        money, "_told", silent,
        test_told.test_the_vendors_word_and_count_stand_where_the_log_shows_no_cause,
    ),
    "models and speeds share entries": Planted(
        missed, "_several", never_several,
        test_reasons.test_another_model_pays_its_own_price_for_the_same_prefix,
    ),
    "common documents are not seen": Planted(
        gather, "_forks", no_forks,
        test_reasons.test_a_document_shared_without_marks_is_seen_inside_the_messages,
    ),
    "an expired prompt was still there to be replaced": Planted(
        parted, "_live", every,
        test_reasons.test_a_replaced_prompt_whose_entry_had_expired_lost_nothing,
    ),
    "a side question replaces a conversation": Planted(
        parted, "_length", equal_lengths,
        test_reasons.test_a_shorter_question_beside_a_conversation_is_no_edited_history,
    ),
    "entries are readable at once": Planted(
        gather, "_asked", changed(ready_us=lambda asked: asked.start_us),
        concurrent_at_five_seconds,
    ),
    "nothing has a minimum": Planted(
        gather, "_asked", changed(minimum=lambda asked: asked.minimum * 0),
        test_reasons.test_a_marked_prefix_below_the_minimum_was_never_cached,
    ),
    "a compaction is an edit": Planted(
        gather, "_asked", changed(compaction=lambda asked: asked.compaction & False),
        test_reasons.test_compaction_pays_for_the_fresh_start,
    ),
    "what was read is lost too": Planted(
        gather, "_asked", changed(read=lambda asked: asked.read * 0),
        test_reasons.test_a_conversation_that_reads_what_it_wrote_loses_nothing,
    ),
}  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_planted_bug_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.notices()
    monkeypatch.setattr(planted.place, planted.name, planted.broken)
    with pytest.raises(AssertionError):
        planted.notices()
