"""Chat requests against what LiteLLM 1.106.2 made of them; its answers were recorded."""

import json
from typing import Any

import pytest

from connectors.litellm.chat import answer_blocks, translated

Json = dict[str, Any]
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def _text(text: str, **more: object) -> Json:
    return {"type": "text", "text": text, **more}


def _user(*blocks: Json) -> Json:
    return {"role": "user", "content": list(blocks)}


def _call(name: str, arguments: str) -> Json:
    return {"id": name, "type": "function", "function": {"name": "lookup", "arguments": arguments}}


def _use(name: str, **arguments: str) -> Json:
    return {"type": "tool_use", "id": name, "name": "lookup", "input": arguments}


def _result(name: str, content: object) -> Json:
    return {"type": "tool_result", "tool_use_id": name, "content": content}


SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "lookup", "parameters": SCHEMA}}
MADE = {"name": "lookup", "input_schema": SCHEMA, "type": "custom"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
PNG = "data:image/png;base64,iVBORw0KGgo="

RECORDED: dict[str, tuple[Json, Json]] = {
    "plain": (
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "hi"},
            ]
        },
        {"system": [_text("Be brief.")], "messages": [_user(_text("hi"))]},
    ),
    "marks": (
        {
            "messages": [
                {"role": "system", "content": [_text("House rules.", cache_control=HOUR)]},
                _user(_text("long", cache_control=MARK), _text("short")),
            ],
            "tools": [{**TOOL, "cache_control": MARK}],
            "tool_choice": "required",
        },
        {
            "tools": [{**MADE, "cache_control": MARK}],
            "system": [_text("House rules.", cache_control=HOUR)],
            "messages": [_user(_text("long", cache_control=MARK), _text("short"))],
            "tool_choice": {"type": "any"},
        },
    ),
    "tools": (
        {
            "messages": [
                {"role": "user", "content": "Where is 17?"},
                {
                    "role": "assistant",
                    "content": "Looking.",
                    "tool_calls": [
                        _call("toolu_1", '{"order": "17"}'),
                        _call("call.2", '{"order": "18"}'),
                    ],
                },
                {"role": "tool", "tool_call_id": "toolu_1", "content": "in transit"},
                {"role": "tool", "tool_call_id": "call.2", "content": [_text("lost")]},
                {"role": "user", "content": "And now?"},
            ],
            "tools": [TOOL],
            "tool_choice": {"type": "function", "function": {"name": "lookup"}},
        },
        {
            "tools": [MADE],
            "messages": [
                _user(_text("Where is 17?")),
                {
                    "role": "assistant",
                    "content": [
                        _text("Looking."),
                        _use("toolu_1", order="17"),
                        _use("call_2", order="18"),
                    ],
                },
                _user(
                    _result("toolu_1", "in transit"),
                    _result("call_2", [_text("lost")]),
                    _text("And now?"),
                ),
            ],
            "tool_choice": {"type": "tool", "name": "lookup"},
        },
    ),
    "thinking": (
        {
            "messages": [
                {"role": "user", "content": "Think."},
                {"role": "assistant", "content": "Done.", "thinking_blocks": [THOUGHT]},
                {"role": "user", "content": "Again."},
            ]
        },
        {
            "messages": [
                _user(_text("Think.")),
                {"role": "assistant", "content": [THOUGHT, _text("Done.")]},
                _user(_text("Again.")),
            ]
        },
    ),
    "image": (
        {
            "messages": [
                _user(
                    _text("What?"),
                    {"type": "image_url", "image_url": {"url": PNG}},
                    {"type": "image_url", "image_url": "https://example.com/a.png"},
                )
            ]
        },
        {
            "messages": [
                _user(
                    _text("What?"),
                    {
                        "type": "image",
                        "source": {
                            "type": "base64",
                            "media_type": "image/png",
                            "data": "iVBORw0KGgo=",
                        },
                    },
                    {
                        "type": "image",
                        "source": {"type": "url", "url": "https://example.com/a.png"},
                    },
                )
            ]
        },
    ),
    "turns in a row": (
        {
            "messages": [
                {"role": "user", "content": "one"},
                {"role": "user", "content": "two"},
                {"role": "assistant", "content": "a"},
                {"role": "assistant", "content": "b"},
                {"role": "user", "content": "three"},
            ]
        },
        {
            "messages": [
                _user(_text("one"), _text("two")),
                {"role": "assistant", "content": [_text("a"), _text("b")]},
                _user(_text("three")),
            ]
        },
    ),
    "developer": (
        {
            "messages": [
                {"role": "developer", "content": "Rule."},
                {"role": "user", "content": "two"},
            ]
        },
        {"system": [_text("Rule.")], "messages": [_user(_text("two"))]},
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_chat_request_becomes_what_litellm_sent(name: str) -> None:
    chat, sent = RECORDED[name]
    made = translated(chat)
    assert (json.loads(json.dumps(made.request)), made.exact) == (sent, True)


@pytest.mark.parametrize(
    "chat",
    [
        {"messages": [_user(_text("a")), {"role": "system", "content": "late"}]},
        {"messages": [{"role": "tool", "tool_call_id": "t", "content": "no tools given"}]},
        {"messages": [_user({"type": "input_audio", "input_audio": {}})]},
        {"messages": [_user({"type": "image_url", "image_url": "http://plain.example/a.png"})]},
        {"messages": [_user(_text("a"))], "response_format": {"type": "json_object"}},
        {"messages": [_user(_text("a"))], "web_search_options": {"search_context_size": "low"}},
        {"messages": [_user(_text("a"))], "tools": ["no tool"]},
        {"messages": [_user(_text("a"))], "tools": [{"type": "mcp"}]},
        {
            "messages": [{"role": "assistant", "tool_calls": [_call("t", "{cut")]}],
            "tools": [TOOL],
        },
    ],
)
def test_what_litellm_rewrites_in_its_own_words_is_not_called_exact(chat: Json) -> None:
    assert not translated(chat).exact


@pytest.mark.parametrize(
    ("choice", "made"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ({"type": "any"}, {"type": "any"}),
        ({"type": "tool", "name": "lookup"}, {"type": "tool", "name": "lookup"}),
        ("sometimes", None),
        (7, None),
    ],
)
def test_tool_choices_are_those_of_the_messages_api(choice: object, made: object) -> None:
    assert translated({"messages": [], "tool_choice": choice}).request.get("tool_choice") == made


def test_an_answer_has_its_thinking_first_and_its_calls_last() -> None:
    message = {
        "content": "Looking.",
        "tool_calls": [_call("toolu_1", "")],
        "provider_specific_fields": {"thinking_blocks": [THOUGHT]},
    }
    assert answer_blocks(message) == [THOUGHT, _text("Looking."), _use("toolu_1")]
