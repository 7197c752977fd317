"""README is true: its commands exist and run, and every command stands in it."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.cli import cli
from connectors.registry import CONNECTORS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^    \.venv/bin/rebill (.*)$", README, re.MULTILINE)


def test_every_command_stands_in_the_readme() -> None:
    for name in cli.list_commands(None):  # type: ignore[arg-type]  # the list needs no context
        assert f"rebill {name}" in README


def test_every_connector_stands_in_the_readme() -> None:
    for connector in CONNECTORS:
        assert f"`{connector.name}`" in README


def test_every_make_target_the_docs_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = README + (ROOT / "CONTRIBUTING.md").read_text()
    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_every_linked_file_exists() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), target


def test_the_readme_commands_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = tmp_path / "captures"
    captures.mkdir()
    sample = ROOT / "sample_logs" / "captures" / "contract-reader.jsonl.gz"
    (captures / sample.name).write_bytes(sample.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert COMMANDS
    for command in COMMANDS:
        words = [w for w in shlex.split(command.split(">")[0]) if w != "~/.claude/projects"]
        result = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)
        if ">" in command:
            Path(command.split(">")[1].strip()).write_text(result.stdout)
    assert (tmp_path / "savings.html").exists()
