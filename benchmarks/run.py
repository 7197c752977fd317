"""Measure speed and memory on the sample traffic; prints a table for docs/speed.md."""

import gzip
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpora, peers

ROOT = Path(__file__).resolve().parents[1]
REBILL = str(Path(sys.executable).with_name("rebill"))
CORPUS_BYTES = 220_000_000
COPIES = 3
"""Times that the sample captures are read, under other message ids: 224 MB."""
RUNS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """One command: wall and CPU seconds, peak memory."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> None:
    """Run every measurement and print its row."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("| what | wall s | CPU s | peak MiB | rate |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _row("rebill --help", _best([REBILL, "--help"]))
        _row("rebill demo, again", _best([REBILL, "demo", "--out", str(place / "out")]))
        _ingest(place)
        _row("kernel, 200,000 requests, compiled", _kernel(200_000, "0"))
        _row("kernel, 2,000 requests, compiler off", _kernel(2_000, "1"))


def _ingest(place: Path) -> None:
    """Time what fills a store, and the peers that read the same transcripts."""
    line = place / "line.jsonl"
    _taken("one line: the start-up in every row below", line, corpora.usage_lines(line, 1))
    sessions, one, small = (place / name for name in ("home/projects/shop", "one", "small"))
    size = corpora.transcripts(sessions, CORPUS_BYTES)
    _taken("transcripts, a session a file", sessions, size)
    _peers(place, size)
    _taken("transcripts, one file", one, corpora.transcripts(one, CORPUS_BYTES, 10_000))
    _taken("transcripts, 100 kB a file", small, corpora.small_transcripts(small, CORPUS_BYTES))
    captures, size = _unpacked(ROOT / "sample_logs" / "captures", place / "captures")
    _taken("full-content captures", captures, size)
    lines = place / "usage.jsonl"
    _taken("usage-only lines", lines, corpora.usage_lines(lines, CORPUS_BYTES))


def _taken(what: str, logs: Path, size: int) -> None:
    cost = _best([REBILL, "ingest", str(logs), "--store"], logs.parent / f"{logs.name}.duckdb")
    files = sum(path.is_file() for path in logs.rglob("*")) if logs.is_dir() else 1
    _row(f"ingest {what} ({size / 1e6:.0f} MB, {files:,} files)", cost, size)
    if logs.is_dir() and "home" not in logs.parts:
        shutil.rmtree(logs)


def _peers(place: Path, size: int) -> None:
    if program := peers.ccusage(place / "npm"):
        home = {"CLAUDE_CONFIG_DIR": str(place / "home")}
        read = _best([program, "daily", "--offline", "--json"], env=home)
        _row(f"{peers.CCUSAGE}, same sessions, stores nothing", read, size)
    else:
        print(f"| {peers.CCUSAGE} | not installed | | | |")
    if program := peers.tokenbill(place / "venv"):
        home = {"HOME": str(place), "USERPROFILE": str(place)}
        keys = place / "tokenbill"
        measured([program, "init", "--dir", str(keys)], home)
        config = ["--config", str(keys / "config.json")]
        ledger = ["ingest", str(place / "home" / "projects"), "--db"]
        taken = _best([program, *config, *ledger], place / "tokenbill.db", env=home)
        _row(f"{peers.TOKENBILL}, same sessions", taken, size)
    else:
        print(f"| {peers.TOKENBILL} | not installed | | | |")


def _best(
    command: Sequence[str], store: Path | None = None, env: Mapping[str, str] | None = None
) -> Cost:
    """Give the cheapest of some runs: neighbours only ever add to one."""
    costs = []
    for _ in range(RUNS):
        if store is not None:
            store.unlink(missing_ok=True)
        costs.append(measured([*command, *([str(store)] if store else [])], env))
    return min(costs, key=lambda cost: cost.cpu_s)


def measured(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a child that reports what its own child used."""
    probe = (
        "import resource, subprocess, sys, time; start = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL); wall = time.perf_counter() - start;"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    run = subprocess.run(  # noqa: S603 - our own command and script
        [sys.executable, "-c", probe, *command],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )
    wall, cpu, peak = map(float, run.stdout.split())
    return Cost(wall, cpu, peak)


def _unpacked(source: Path, target: Path) -> tuple[Path, int]:
    """Unpack the sample files, several times over under other message ids."""
    size = 0
    for path in sorted(source.rglob("*.gz")):
        text = gzip.decompress(path.read_bytes())
        for copy in range(COPIES):
            name = path.relative_to(source).with_suffix("")
            out = target / str(copy) / name
            out.parent.mkdir(parents=True, exist_ok=True)
            data = text.replace(b'"msg_', b'"msg_%d' % copy)
            out.write_bytes(data)
            size += len(data)
    return target, size


def _kernel(requests: int, plain: str) -> Cost:
    """Time the cache kernel alone on one long-tailed trie."""
    before = time.perf_counter()
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(ROOT / "benchmarks" / "kernel.py"), str(requests)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": plain},
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rate = float(run.stdout)
    print(f"  kernel: {rate:,.0f} requests per CPU-second", file=sys.stderr)
    return Cost(time.perf_counter() - before, requests / rate, peak)


def _row(what: str, cost: Cost, size: int | None = None) -> None:
    rate = f"{size / 1e6 / cost.cpu_s:.0f} MB per CPU-second" if size else ""
    print(f"| {what} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {cost.peak_mib:.0f} | {rate} |")


if __name__ == "__main__":
    shutil.rmtree(ROOT / "benchmarks" / "__pycache__", ignore_errors=True)
    main()
