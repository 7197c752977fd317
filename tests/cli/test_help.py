import subprocess
import sys
from typing import Any

import click
import pytest

from analyzer.cli import cli

HEAVY = {"anthropic", "duckdb", "genai_prices", "numba", "numpy", "plotly", "polars", "pydantic"}


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += _commands(command, (*path, name))
    return found


COMMANDS = [(), *_commands(cli)]


def test_every_command_is_found() -> None:
    assert {("ingest",), ("check",), ("policy", "check"), ("report", "savings")} < set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...], rebill: Any) -> None:
    done = rebill(*words, "--help")
    assert (done.status, done.err) == (0, "")
    assert "Example:\n" in done.out
    example = done.out.split("Example:\n")[1].splitlines()[0]
    assert example.strip().startswith(" ".join(["rebill", *words]))
    assert rebill(*words, "-h").out == done.out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_unknown_option_is_wrong_usage(words: tuple[str, ...], rebill: Any) -> None:
    done = rebill(*words, "--no-such-option")
    assert done.status == 2
    assert "No such option" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["ingest"],
        ["ingest", "a.jsonl", "--source", "no-such-format"],
        ["policy", "check"],
        ["replay", "--prices", "yesterday"],
        ["check", "--prices", "2026-13-01"],
        ["prices", "check", "--day", "today"],
        ["replay", "--store", "."],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_writes_nothing(
    words: list[str], rebill: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = rebill(*words)
    assert (done.status, done.out) == (2, "")
    assert "Error: " in done.err
    assert not list(tmp_path.iterdir())


def test_no_words_at_all_show_the_commands(rebill: Any) -> None:
    done = rebill()
    assert done.status == 2
    for name in ("ingest", "replay", "report"):
        assert f"  {name} " in done.err


def test_the_version_is_that_of_the_package(rebill: Any) -> None:
    from importlib.metadata import version

    assert version("rebill") in rebill("--version").out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from analyzer.cli import cli; cli(['--help'], standalone_mode=False);"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert "'click'" in done.stderr
    assert [name for name in HEAVY if f"'{name}'" in done.stderr] == []
