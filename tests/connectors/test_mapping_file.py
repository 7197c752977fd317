"""A mapping file at fault is told of by key, with what is allowed there."""

from pathlib import Path

import pytest

from analyzer.errors import InputError
from connectors.mapping import PRESET_NAMES, from_file
from connectors.mapping.file import read_mapping

SOUND = """
name = "mine"
[call]
model = "model"
[times]
start = { path = "at", unit = "ms" }
[usage]
input = "in"
output = "out"
"""


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_every_preset_is_sound(name: str) -> None:
    path = Path(__file__).parents[2] / "connectors" / "mapping" / "presets" / f"{name}.toml"
    mapping = read_mapping(path.read_text(), path.name)
    assert mapping.name == name
    assert mapping.detect
    assert mapping.title
    assert mapping.carries


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[usage]", "[usage]\nimput = 'x'", "usage.imput: unknown key; did you mean `input`?"),
        ("[usage]", "[usages]", "usages: unknown key; did you mean `usage`?"),
        (
            "[usage]",
            "[usage]\nbasis = 'both'",
            "usage.basis: 'both' is not allowed; give one of exclusive, inclusive or auto",
        ),
        (
            'unit = "ms"',
            'unit = "minutes"',
            "times.start.unit: 'minutes' is not allowed; give one of iso, s, ms, us or ns",
        ),
        ('name = "mine"', "", "name: missing; give it"),
        (
            'name = "mine"',
            'name = "My mapping"',
            "name: a name is lower-case letters, digits, _ and -, at most 40",
        ),
        (
            "[times]",
            '[times]\nduration = "ms"',
            "times.duration.unit: missing; give one of s, ms, us, ns",
        ),
        ('input = "in"', "input = 5", "usage.input: 5 is not allowed; give a column in quotes"),
        ('input = "in"', "input = []", "usage.input.path: [] is not allowed; give at least one"),
        ("[call]", "detect = ['a']\n[call]", "detect[0]: 'a' is not allowed; give a list"),
        ('name = "mine"', "name = 3", "name: 3 is not allowed; give text in quotes"),
        ('model = "model"', "", "call: give model, or body.response"),
        (
            'output = "out"',
            "",
            "usage: give input (or prompt_total) and output, or body.response",
        ),
        ('start = { path = "at", unit = "ms" }', "", "times: give start, or end"),
        (
            'model = "model"',
            'model = { path = "m", value = "x" }',
            "call.model: give either path or value",
        ),
        (
            'input = "in"',
            'input = "a..b"',
            "usage.input.path[0]: a path is keys with dots between them, none empty",
        ),
        (
            "[call]",
            '[[rule]]\ncolumn = "a"\nis = ["b"]\naside = "x"\nattempt = "y"\n[call]',
            "rule[0]: give either aside or attempt",
        ),
        (
            "[call]",
            '[[rule]]\ncolumn = "a"\naside = "x"\n[call]',
            "rule[0]: give one of is, is_not, at_least and without",
        ),
        (
            "[call]",
            '[[rule]]\ncolumn = "a"\nis = ["b"]\naside = "canary: a sentence."\n[call]',
            "rule[0].aside: a few lower-case words, at most 60 characters",
        ),
        ("[call]", "[call", "not valid TOML"),
        ("[call]", "version = 2\n[call]", "version: 2 is newer than this program reads (1)"),
        (
            "[usage]",
            "[cost]\namount = { path = 'c', unit = 'euro' }\n[usage]",
            "cost.amount.unit: 'euro' is not allowed; give one of usd or cents",
        ),
        (
            "[call]",
            'levers = ["magic"]\n[call]',
            "levers[0]: 'magic' is not allowed; give one of output, routing, batch or caching",
        ),
    ],
)
def test_a_fault_names_the_key_and_what_is_allowed(old: str, new: str, said: str) -> None:
    assert old in SOUND
    with pytest.raises(InputError) as caught:
        read_mapping(SOUND.replace(old, new, 1), "my.toml")
    assert str(caught.value).startswith("my.toml: ")
    assert said in str(caught.value)


def test_every_fault_stands_in_one_message() -> None:
    text = SOUND.replace("[usage]", '[usage]\nbasis = "x"\ncolour = "y"')
    with pytest.raises(InputError, match=r"usage\.basis: .*; usage\.colour: unknown key"):
        read_mapping(text, "my.toml")


def test_a_mapping_that_is_not_there_says_so_and_a_preset_is_pointed_to(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nosuch\.toml: cannot be read \(No such file"):
        from_file(tmp_path / "nosuch.toml")
    with pytest.raises(InputError, match="the preset is `--source langfuse`"):
        from_file(Path("langfuse"))


def test_the_name_of_a_mapping_changes_with_what_it_says_and_not_with_how(tmp_path: Path) -> None:
    def name(text: str) -> str:
        path = tmp_path / "my.toml"
        path.write_text(text)
        return from_file(path).name

    assert name(SOUND).startswith("mapping:mine@")
    assert name(SOUND) == name(f"# a remark\n{SOUND}")
    assert name(SOUND) != name(SOUND.replace('"out"', '"output"'))
