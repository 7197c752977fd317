"""The evidence file while it is being made: stages of rows, written after every row.

A run that is cut, killed or loses its device leaves what it had measured, marked incomplete, and
the next run goes on behind it. Only the standard library: this runs on bare machines.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from analyzer.errors import SpeculativeError

SCHEMA = "rebill-speculative-evidence/1"
State = Literal["done", "cut", "failed", "skipped"]
"""`cut`: the time was used up; `failed` and `skipped` carry the reason in `why`."""
Row = dict[str, Any]


class Journal:
    """One evidence file: a head that must not change, and rows by stage."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        """Begin a file, or go on with one whose head is the same (made, `date` apart)."""
        self.path = path
        self._told: dict[str, Any] = {"schema": SCHEMA, **head, "complete": False, "stages": {}}
        if path.exists():
            self._go_on(head)

    def state(self, stage: str) -> State | None:
        """How far a stage came; None when it has not begun."""
        found: State | None = self._stages.get(stage, {}).get("state")
        return found

    def rows(self, stage: str) -> list[Row]:
        """Rows of a stage so far."""
        rows: list[Row] = self._stages.get(stage, {}).get("rows", [])
        return rows

    def add(self, stage: str, row: Row, seconds: float) -> None:
        """Keep a row; `seconds` is what the stage took for it."""
        held = self._stages.setdefault(stage, {"state": "cut", "seconds": 0.0, "rows": []})
        held["rows"].append(row)
        held["seconds"] = round(held["seconds"] + seconds, 3)
        self._write()

    def close(self, stage: str, state: State, why: str | None = None) -> None:
        """Say how a stage ended."""
        held = self._stages.setdefault(stage, {"state": state, "seconds": 0.0, "rows": []})
        held["state"] = state
        held.pop("why", None)
        if why:
            held["why"] = why
        self._write()

    def finish(self, stages: Iterable[str]) -> bool:
        """Mark the file complete when every stage is done or was skipped for a reason."""
        whole = all(self.state(stage) in {"done", "skipped"} for stage in stages)
        self._told["complete"] = whole
        self._write()
        return whole

    @property
    def _stages(self) -> dict[str, Any]:
        stages: dict[str, Any] = self._told["stages"]
        return stages

    def _go_on(self, head: Mapping[str, Any]) -> None:
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SpeculativeError(
                f"{self.path}: is no evidence file to go on with ({error}); name a new file"
            ) from error
        other = [key for key in head if key != "date" and told.get(key) != _plain(head[key])]
        if told.get("schema") != SCHEMA or other:
            differs = ", ".join(other) or "schema"
            raise SpeculativeError(
                f"{self.path}: was made with other {differs}; name a new file, or move this one"
            )
        self._told = told

    def _write(self) -> None:
        part = self.path.with_name(self.path.name + ".part")
        part.write_text(_text(self._told), encoding="utf-8")
        os.replace(part, self.path)  # noqa: PTH105 - atomic on every system, Path.replace says less


def _text(told: dict[str, Any]) -> str:
    """Give the file's text: indented, and a row a line, so that a person can look through it."""
    stages = {name: {**stage, "rows": f"rows of {name}"} for name, stage in told["stages"].items()}
    text = json.dumps({**told, "stages": stages}, indent=1, ensure_ascii=False)
    for name, stage in told["stages"].items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in stage["rows"])
        text = text.replace(json.dumps(f"rows of {name}"), f"[\n{lines}\n]", 1)
    return text + "\n"


def _plain(value: Any) -> Any:
    """Give a value as JSON gives it back: tuples become lists."""
    return json.loads(json.dumps(value))
