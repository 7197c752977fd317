"""A register in a folder of its own, with its evidence beside it."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

EVIDENCE = b'{"errors": 812}\n'
HEAD = """version = 1
currency = "USD"
first_day = 2026-09-01
last_day = 2027-08-31
parties = ["client", "consultant"]
"""
Write = Callable[..., Path]


def _toml(fields: dict[str, str]) -> str:
    return "[[adjustment]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a register of entries, each the sample with some fields changed (None: left out)."""

    def written(*changes: dict[str, str | None], head: str = HEAD) -> Path:
        (tmp_path / "evidence").mkdir(exist_ok=True)
        (tmp_path / "evidence" / "outage.json").write_bytes(EVIDENCE)
        sample = {
            "id": '"A1"',
            "first_day": "2026-10-05",
            "last_day": "2026-10-07",
            "trigger": '"prompt_change"',
            "workloads": '["chat"]',
            "evidence": '"evidence/outage.json"',
            "sha256": f'"{hashlib.sha256(EVIDENCE).hexdigest()}"',
            "method": '"tokens a call before and after"',
            "amount": "-1250.25",
            "raised_by": '"client"',
            "raised_on": "2026-10-20",
            "signed_by": '["client", "consultant"]',
            "status": '"signed"',
        }
        entries = [{k: v for k, v in (sample | one).items() if v is not None} for one in changes]
        path = tmp_path / "register.toml"
        path.write_text(head + "".join(map(_toml, entries)))
        return path

    return written
