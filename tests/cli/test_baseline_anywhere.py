"""The same files give the same baseline on any machine, in any order, zone and hash seed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_logs"
VENDOR = ("usage_report", "cost_report", "invoice_2026-09")
PARTS = ("captures", *(f"vendor/{name}.json" for name in VENDOR))


def rebill(folder: Path, zone: str, seed: str, *words: object) -> None:
    """Run the command in a process of its own: a time zone and a hash seed belong to one."""
    told = {"TZ": zone, "PYTHONHASHSEED": seed, "REBILL_KEY": "one key", "PYTHONPATH": str(ROOT)}
    code = "from analyzer.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=folder, env={**os.environ, **told}, check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.full
def test_another_machine_order_zone_and_hash_seed_freeze_the_same_bytes(tmp_path: Path) -> None:
    period = ("--period", "2026-09-01..2026-09-28", "-o", "b.json")
    here, there = tmp_path / "here", tmp_path / "another machine" / "logs"
    here.mkdir()
    rebill(here, "UTC", "1", "ingest", *(SAMPLES / part for part in PARTS), "--store", "s.duckdb")
    rebill(here, "UTC", "1", "baseline", "freeze", "--store", "s.duckdb", *period)
    shutil.copytree(SAMPLES / "captures", there / "captures")
    shutil.copytree(SAMPLES / "vendor", there / "vendor")
    for part in reversed(PARTS):
        rebill(there, "Asia/Tokyo", "2", "ingest", part, "--store", "s.duckdb")
    rebill(there, "Asia/Tokyo", "3", "baseline", "freeze", "--store", "s.duckdb", *period)
    assert (here / "b.json").read_bytes() == (there / "b.json").read_bytes()
    verify = ("baseline", "verify", here / "b.json", "--store", "s.duckdb")
    rebill(there, "America/New_York", "4", *verify)
