"""Blocks measured from their text come out as blocks that were parsed; raw ones stay as written."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.blocks import blocks_of, measured, measured_content

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_TEXTS | st.just("cache_control"), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(["type", "text", "id", "input", "content", "cache_control"]) | _TEXTS
_BLOCKS = st.lists(st.dictionaries(_KEYS, _VALUES, max_size=5), max_size=4)
_FILLING = {"type": "text", "text": "x" * 5_000}
"""Content of this length is measured from its text."""


@given(_BLOCKS)
def test_long_content_comes_out_as_if_it_were_parsed(blocks: list[dict[str, object]]) -> None:
    whole = [*blocks, _FILLING]
    for text in (json.dumps(whole), json.dumps(whole, ensure_ascii=False)):
        got = [(b.kind, b.chars, b.form) for b in measured_content(text.encode())]
        parsed = [measured(block) for block in msgspec.json.decode(text)]
        assert got == [(b.kind, b.chars, b.form) for b in parsed]


@given(_TEXTS)
def test_a_string_is_the_one_text_block_it_stands_for(words: str) -> None:
    for text in (json.dumps(words), json.dumps(words, ensure_ascii=False)):
        got = [(block.chars, block.form) for block in measured_content(text.encode())]
        assert got == [(b.chars, b.form) for b in map(measured, blocks_of(words))]


@pytest.mark.parametrize(
    "text",
    [
        rb'"a \\u0041 \" \/ \u00e9 \n"',  # the first backslash is a letter, not an escape
        rb'"\\\\"',
        rb'"\\n\n\\\n"',
    ],
)
def test_escapes_count_as_one_character_each(text: bytes) -> None:
    # both forms count what a parser sees: e.g. `\\\\` is two backslashes
    whole = len(json.loads(text))
    assert [measured_content(text)[0].chars, measured_content(text, "raw")[0].chars] == [whole] * 2


@pytest.mark.parametrize(
    "marked",
    [
        b'{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}',
        b'{"type":"text","cache_control":{"type":"ephemeral"},"text":"a"}',
        b'{"cache_control":null,"type":"text","text":"a"}',
        b'{"type":"text","text":"a", "cache_control": {"type": "ephemeral"}}',
        b'{"type":"text","text":"a","cache_control":{"type":"ephemeral","of":{"a":1}}}',
    ],
)
def test_a_mark_is_no_part_of_a_raw_block(marked: bytes) -> None:
    (block,) = measured_content(b"[" + marked + b"]", "raw")
    assert (block.form, block.chars) == (b'{"type":"text","text":"a"}', 1)
    assert measured(json.loads(marked), "raw").form == block.form


def test_words_that_look_like_a_mark_stay_in_a_raw_block() -> None:
    text = json.dumps([{"type": "text", "text": ',"cache_control":{"type":"ephemeral"}'}]).encode()
    assert measured_content(text, "raw")[0].form == text[1:-1]


def test_key_order_parts_raw_blocks_and_not_canonical_ones() -> None:
    one, other = b'[{"type":"text","text":"a"}]', b'[{"text":"a","type":"text"}]'
    assert measured_content(one)[0].form == measured_content(other)[0].form
    assert measured_content(one, "raw")[0].form != measured_content(other, "raw")[0].form
