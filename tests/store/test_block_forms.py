"""A store holds chains of one form of blocks, and says so when it is asked for the other."""

import json
from pathlib import Path

import pytest

from analyzer.blocks import Form
from analyzer.errors import StoreError
from analyzer.ingest import ingest
from analyzer.store import Store

_OTHER: dict[Form, Form] = {"canonical": "raw", "raw": "canonical"}


def _log(path: Path, block: dict[str, str]) -> str:
    line = {
        "request": {
            "model": "claude-opus-4-8",
            "messages": [{"role": "user", "content": [block]}],
        },
        "response": {
            "id": f"msg_{path.name}",
            "model": "claude-opus-4-8",
            "content": [],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1, "output_tokens": 1},
        },
    }
    path.write_text(json.dumps(line, separators=(",", ":")) + "\n")
    return str(path)


@pytest.mark.parametrize(("form", "leaves"), [("canonical", 1), ("raw", 2)])
def test_raw_blocks_are_known_again_only_as_they_were_written(
    tmp_path: Path, form: Form, leaves: int
) -> None:
    logs = [
        _log(tmp_path / "a.jsonl", {"type": "text", "text": "hello"}),
        _log(tmp_path / "b.jsonl", {"text": "hello", "type": "text"}),
    ]
    with Store.open(tmp_path / "s.duckdb", create=True, form=form) as store:
        ingest(logs, store)
        assert len({row["leaf"] for row in store.calls().to_dicts()}) == leaves


@pytest.mark.parametrize("form", ["canonical", "raw"])
def test_a_store_of_one_form_refuses_the_other(tmp_path: Path, form: Form) -> None:
    log = _log(tmp_path / "a.jsonl", {"type": "text", "text": "hello"})
    path = tmp_path / "s.duckdb"
    with Store.open(path, create=True, form=form) as store:
        ingest([log], store)
    with (
        Store.open(path, create=True, form=_OTHER[form]) as store,
        pytest.raises(StoreError, match=f"hashes of {form} blocks.*say --blocks {form}"),
    ):
        ingest([log], store)
    with Store.open(path, create=True, form=form) as store:
        assert len(ingest([log], store).unchanged) == 1
