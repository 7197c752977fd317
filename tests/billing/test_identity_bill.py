"""What the three decodes of a proof cost, by hand."""

from datetime import date

import pytest

from analyzer.errors import PriceError
from analyzer.identity_bill import identity_bill
from analyzer.prices import Book
from analyzer.speculative.evidence import Identity

DAY = date(2026, 11, 20)


def row(prompt: str, tokens: tuple[int, int, int]) -> Identity:
    return Identity(
        key=prompt, prompt=prompt, kind="chat", dtype="bfloat16", drafted=4, temperature=0.0,
        prompt_tokens=1_000, tokens=tokens, ended=(True, True, True),
        same_as_width_matched=tokens[1] == tokens[2], same_as_ordinary=tokens[0] == tokens[2],
        first_difference=None, first_unspeculated_difference=None, margin=None, shift=None,
        least_margin=1.0, largest_shift=0.1, certified=True, per_step_drafted=(),
        per_step_accepted=(),
    )  # fmt: skip


def test_three_ways_are_billed_at_the_rate_card() -> None:
    rates = Book.load().quote("claude-haiku-4-5", DAY).base
    found = identity_bill(
        [row("a", (100, 110, 110)), row("b", (50, 50, 50))], Book.load(), "claude-haiku-4-5", DAY
    )
    prompts = 2 * 1_000 * rates.input
    assert found.ordinary == prompts + 150 * rates.output
    assert found.width_matched == found.speculative == prompts + 160 * rates.output
    assert found.change == 0
    assert found.width_change == 10 * rates.output
    assert found.largest_single == 0


def test_two_changes_that_cancel_are_still_seen() -> None:
    rates = Book.load().quote("claude-haiku-4-5", DAY).base
    found = identity_bill(
        [row("a", (9, 9, 10)), row("b", (9, 9, 8))], Book.load(), "claude-haiku-4-5", DAY
    )
    assert found.change == 0
    assert found.largest_single == rates.output


def test_a_model_without_a_price_is_refused() -> None:
    with pytest.raises(PriceError, match="not in the book"):
        identity_bill([row("a", (1, 1, 1))], Book.load(), "claude-imaginary", DAY)
    with pytest.raises(PriceError, match="name a model that is sold on that day"):
        identity_bill([row("a", (1, 1, 1))], Book.load(), "claude-haiku-4-5", date(2024, 1, 1))
