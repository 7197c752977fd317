"""Predicted tokens and servers of one's own, in the logs of gateways that speak OpenAI's dialect."""

import json
from pathlib import Path
from typing import Any

from analyzer.prompts import Hasher
from analyzer.trace import Outcome
from connectors.reading.files import LogFile
from connectors.registry import CONNECTORS

HASHER = Hasher(b"a key for tests")


def outcomes(tmp_path: Path, connector: str, *rows: dict[str, Any]) -> list[Outcome]:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(CONNECTORS[connector].read(LogFile.of(path), HASHER))
