"""`rebill policy suggest`: a file that loads, the same bytes every time, and words for a person."""

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.prompts import Hasher
from analyzer.store import Store
from analyzer.trace import Call
from tests.replay.log_builder import Block, Log, take


def bursts(hasher: Hasher) -> list[Call]:
    log = Log(hasher)
    for call in range(49 * 4):
        day, turn = divmod(call, 4)
        prompt = [Block("rules", 5_000, "system"), Block(f"q{call}", 300)]
        log.call(day * 86_400 + turn * 60, prompt, model="claude-sonnet-5")
    return log.calls


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven weeks of bursts over one system prompt, nothing cached."""
    path = tmp_path_factory.mktemp("weeks") / "s.duckdb"
    with Store.open(path, create=True) as store:
        take(store, bursts(Hasher(b"a key")))
    return path


def test_the_file_loads_and_its_replay_saves_what_was_said(
    rebill: Any, weeks: Path, tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    done = rebill("policy", "suggest", "--store", weeks, "-o", file)
    assert (done.status, done.err) == (0, "")
    assert "chosen on   2026-10-20 to 2026-11-17" in done.out
    assert '"cache_control": {"type": "ephemeral", "ttl": "5m"}' in done.out
    checked = rebill("policy", "check", file)
    assert checked.status == 0
    assert "Put one cache_control mark at the end of the system prompt" in checked.out
    text = file.read_text()
    rule = text.index("[[caching]]")
    for word in ("# Reason: ", "# Chosen: saves $", "# Checked: saves $", "# Change: "):
        assert text.index(word) < rule
    found = json.loads(rebill("policy", "suggest", "--store", weeks, "--json").out)
    assert found["policy"] == text
    saved = found["saving_pico"]["mean"] + found["checked_saving_pico"]["mean"]
    # 49 days: 5,000 tokens written once and read three times, plain 4 x $2, cached $2.5 + 3 x $0.2
    assert saved == 49 * 5_000 * (8_000_000 - 3_100_000)
    whole = found["whole_log_observed_pico"] - found["whole_log_reached_pico"]
    assert saved == whole == 1_200_500_000_000
    assert found["steps"][-1]["saving_so_far_pico"] == found["saving_pico"]["mean"]
    replayed = json.loads(rebill("replay", "--store", weeks, "--policy", file, "--json").out)
    assert replayed["potential"] == "1.2005"


def test_neither_the_hash_key_nor_a_second_run_changes_a_byte(
    rebill: Any, weeks: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.duckdb"
    with Store.open(other, create=True) as opened:
        take(opened, bursts(Hasher(b"another key")))
    texts = [rebill("policy", "suggest", "--store", s, "--json").out for s in (weeks, weeks, other)]
    assert texts[0] == texts[1] == texts[2]


def test_a_suggestion_is_a_base_that_is_found_again(
    rebill: Any, weeks: Path, tmp_path: Path
) -> None:
    file, again = tmp_path / "one.toml", tmp_path / "two.toml"
    rebill("policy", "suggest", "--store", weeks, "-o", file)
    rebill("policy", "suggest", "--store", weeks, "--policy", file, "-o", again)
    assert again.read_text() == file.read_text()


def test_a_store_with_nothing_to_gain_says_so(rebill: Any, store: Path) -> None:
    done = rebill("policy", "suggest", "--store", store)
    assert done.status == 0
    assert "no change was found that saves" in done.out


def test_a_base_policy_at_fault_is_one_line(rebill: Any, weeks: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("version = 1\n[constraints]\nallowed_models = []\n")
    assert "allowed_models" in rebill("policy", "suggest", "--store", weeks, "--policy", file).fault
