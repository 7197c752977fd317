"""Words planted in every place of a prompt are looked for in every byte that is left behind."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WORDS = [
    "canary-zebra", "canary-tool", "canary-schema", "canary-system", "canary-document",
    "canary-thinking", "canary-input", "canary-result", "canary-answer", "canary-broken",
    "canary-event", "canary-error", "canary-count", "canary-key", "canary-garbage",
    "canary-unknown", "canary-summary",
]  # fmt: skip


def _full_prompt() -> dict[str, object]:
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 64,
        "tools": [
            {
                "name": "canary-tool",
                "description": "canary-tool",
                "input_schema": {"type": "object", "properties": {"canary-schema": {}}},
            }
        ],
        "system": [
            {"type": "text", "text": "canary-system", "cache_control": {"type": "ephemeral"}}
        ],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "text", "data": "canary-document"}},
                    {"type": "text", "text": "canary-zebra"},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "canary-thinking", "signature": "s"},
                    {
                        "type": "tool_use",
                        "id": "t1",
                        "name": "canary-tool",
                        "input": "canary-input",
                    },
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "canary-result"}
                ],
            },
        ],
    }


def _lines(capture: Any) -> bytes:
    prompt = _full_prompt()
    answer = [{"type": "text", "text": "canary-answer"}]
    stream = 'data: {"type":"message_start","message":{"id":"canary-event'
    error = {"type": "error", "error": {"type": "canary error", "message": "canary-error"}}
    usage = {"input_tokens": "canary-count", "output_tokens": 1}
    twice = capture(8).replace(b'"system":', b'"system": "canary-key", "system":')
    return b"".join(
        [
            capture(1, request=prompt, response__content=answer),
            capture(2, request=prompt, response__stop_reason=None),
            capture(3, request=prompt)[:-200] + b"canary-broken\n",
            capture(4, request=prompt, response=None, sse=stream),
            capture(5, request=prompt, response=error, status=500),
            capture(6, request=prompt, response__usage=usage),
            capture(7, request={"messages": [{"role": 7, "content": ["canary-broken"]}]}),
            twice,
            capture(9, request__messages="canary-broken"),
            capture(10, request__tools={"canary-tool": "canary-broken"}),
            capture(11, response__content="canary-broken"),
            capture(12, url="https://api.anthropic.com/v1/messages?canary-key=canary-key"),
            b"canary-garbage\n",
            b'"canary-garbage"\n',
            b'["canary-garbage", "\xff"]\n',
        ]
    )


def _logs(folder: Path, capture: Any, traps: Path) -> Path:
    folder.mkdir()
    (folder / "captures.jsonl").write_bytes(_lines(capture))
    (folder / "unknown.jsonl").write_bytes(b'{"canary-unknown": "canary-unknown"}\n')
    for trap in traps.rglob("*.json*"):
        (folder / f"{trap.parent.name}-{trap.name}").write_bytes(trap.read_bytes())
    first = (traps / "transcripts" / "resume_summary.jsonl").read_text().splitlines()[0]
    line = {**json.loads(first), "type": "summary", "summary": "canary-summary"}
    (folder / "summary.jsonl").write_text(json.dumps(line) + "\n")
    return folder


_MAIN = """
import contextlib, sys
from analyzer.cli import main
for words in sys.argv[1:]:
    sys.argv = ["rebill", *words.split()]
    with contextlib.suppress(SystemExit):
        main()
"""


def _run(folder: Path, *commands: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", _MAIN, *commands], cwd=folder, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.mark.full
def test_no_word_of_a_prompt_is_left_anywhere(
    tmp_path: Path, capture: Any, traps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REBILL_KEY")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    logs = _logs(tmp_path / "logs", capture, traps)
    planted = b"".join(path.read_bytes() for path in logs.iterdir())
    assert [word for word in WORDS if word.encode() not in planted] == []
    work = tmp_path / "work"
    work.mkdir()
    said = _run(work, "ingest ../logs --store s.duckdb")
    assert b"kept" in said
    said += _run(work, "check --store s.duckdb --rejects")
    assert said.count(b": fault: ") > 30
    said += _run(
        work,
        "policy show --store s.duckdb",
        "report savings --store s.duckdb -o page.html",
    )
    left = {path.name: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    assert {"s.duckdb", "s.duckdb.key", "page.html", "page.json"} <= set(left)
    for name, text in {**left, "what was printed": said}.items():
        for word in ("canary", *WORDS):
            assert word.encode() not in text, (name, word)


_KILLED = """
import os, pathlib, signal
from analyzer import ingest
from analyzer.store import Store
ingest.GROUP_BYTES = 1
def stop(path, size):
    if path.name == "c.jsonl":
        os.kill(os.getpid(), signal.SIGKILL)
with Store.open(pathlib.Path("s.duckdb"), create=True) as store:
    ingest.ingest(["."], store, progress=stop)
"""


def test_a_killed_run_leaves_no_word_of_a_prompt_in_the_log_of_the_store(
    tmp_path: Path, capture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the rows of a group that was committed lie in the .wal file until the store is closed
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for name in "abc":
        (tmp_path / f"{name}.jsonl").write_bytes(_lines(capture))
    done = subprocess.run([sys.executable, "-c", _KILLED], cwd=tmp_path, check=False)
    assert done.returncode == -9
    left = (tmp_path / "s.duckdb.wal").read_bytes() + (tmp_path / "s.duckdb").read_bytes()
    assert b"claude-sonnet-5" in left, "what is not secret must be found, or this looks at nothing"
    assert b"canary" not in left
