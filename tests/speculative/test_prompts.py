from collections import Counter
from pathlib import Path

import pytest

from analyzer.errors import SpeculativeError
from analyzer.speculative.prompts import KINDS, digest, read


def test_the_shipped_prompts_are_four_of_each_kind() -> None:
    shipped = read()
    assert Counter(prompt.kind for prompt in shipped) == dict.fromkeys(KINDS, 4)
    assert len({prompt.text for prompt in shipped}) == 28


def test_lines_and_a_list_say_the_same(tmp_path: Path) -> None:
    lines, listed = tmp_path / "lines.jsonl", tmp_path / "list.json"
    lines.write_text('{"kind": "chat", "text": "Hello"}\n\n{"kind": "code", "text": "x = 1"}\n')
    listed.write_text('[{"kind": "chat", "text": "Hello"}, {"kind": "code", "text": "x = 1"}]')
    assert read(lines) == read(listed)
    assert [prompt.id for prompt in read(lines)] == ["chat-1", "code-2"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "holds no prompt"),
        ("[]", "holds no prompt"),
        ("hello", "not JSON"),
        ('{"kind": "poem", "text": "x"}', "prompt 1: kind 'poem' is not one of chat,"),
        ('{"kind": "chat", "text": "  "}', "prompt 1: the text is empty"),
        ('{"kind": "chat"}', "prompt 1: the text is empty"),
        ("[3]", "prompt 1: not an object"),
        ('{"kind": "chat", "text": "x", "tokens": [1, -2]}', "tokens are not whole numbers"),
        ('[{"id": "a", "kind": "chat", "text": "x"}, {"id": "a", "kind": "chat", "text": "y"}]',
         "two prompts have the id a"),
    ],
)  # fmt: skip
def test_a_prompt_that_cannot_be_asked_is_refused_by_its_place(
    tmp_path: Path, text: str, fault: str
) -> None:
    path = tmp_path / "prompts.json"
    path.write_text(text)
    with pytest.raises(SpeculativeError, match=fault):
        read(path)


def test_the_digest_changes_with_a_word_and_not_with_token_numbers() -> None:
    shipped = read()
    assert digest(shipped) == digest(tuple(shipped))
    assert digest(shipped[1:]) != digest(shipped)
