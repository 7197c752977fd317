"""Names as clients, gateways and clouds write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prices import Book
from analyzer.prices.names import may_be_regional

BOOK = Book.load()


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-haiku-5-5[1m]", "claude-haiku-5-5"),
        ("anthropic/claude-opus-5.5", "claude-opus-5-5"),
        ("claude-opus-5.5", "claude-opus-5-5"),
        ("claude-opus-5-5@20260922", "claude-opus-5-5"),
        ("claude-opus-4-6@default", "claude-opus-4-6"),
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("claude-opus-4-5@20251101", "claude-opus-4-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4-0"),
        ("claude-sonnet-4@20250514", "claude-sonnet-4-0"),
        ("claude-opus-4-20250514", "claude-opus-4-0"),
        ("claude-opus-4-1-20250805", "claude-opus-4-1"),
        ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
        ("claude-3.7-sonnet", "claude-3-7-sonnet"),
        ("claude-3-opus-20240229", "claude-3-opus"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("in.anthropic.claude-opus-5", "claude-opus-5"),
        ("claude-sonnet-5-20260630", "claude-sonnet-5"),
    ],
)
def test_a_decorated_name_is_the_model_it_names(written: str, model: str) -> None:
    assert BOOK.canonical(written) == model


@pytest.mark.parametrize(
    "written",
    [
        "claude-opus-6",
        "claude-haiku-6",
        "claude-mythos-6",
        "claude-zzz",
        "gpt-5.6-sol",
        "claude-opus",
        "claude-opus-5-5-mini",
        "claude-opus-5-50",
        "claude-opus-55",
        "claude-opus.5-5",
        "Claude Opus 5.5",
        "us-gov.anthropic.claude-opus-4-6-v1",
        "claude-opus-5-5-20260922-20260922",
        "xclaude-opus-5-5",
        "<synthetic>",
        "",
    ],
)
def test_a_name_the_book_does_not_hold_is_never_guessed(written: str) -> None:
    assert BOOK.canonical(written) is None


@settings(deadline=None)
@given(
    model=st.sampled_from(BOOK.models()),
    before=st.sampled_from(["", "anthropic/", "anthropic.", "us.anthropic.", "global.anthropic."]),
    after=st.sampled_from(["", "-20260101", "-latest", "@20260101", "-20260101-v1:0", "[1m]"]),
)
def test_decorations_never_change_the_model(model: str, before: str, after: str) -> None:
    assert BOOK.canonical(f"{before}{model}{after}") == model


@settings(deadline=None)
@given(st.text(alphabet="claude-opsnthikf0123456789.@[]m:v/", max_size=30))
def test_any_text_gives_a_model_of_the_book_or_none(written: str) -> None:
    assert BOOK.canonical(written) in {None, *BOOK.models()}


def test_only_a_global_bedrock_profile_is_surely_the_list_price() -> None:
    assert may_be_regional("us.anthropic.claude-opus-4-6-v1")
    assert may_be_regional("in.anthropic.claude-opus-5")
    assert may_be_regional("anthropic.claude-opus-4-6-v1")
    assert not may_be_regional("global.anthropic.claude-opus-4-6-v1")
    assert not may_be_regional("anthropic/claude-opus-4.6")
    assert not may_be_regional("claude-opus-4-6")
