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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REBILL = str(Path(sys.executable).with_name("rebill"))
COPIES = 12
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
        for kind in ("claude_code", "captures"):
            logs, size = _unpacked(ROOT / "sample_logs" / kind, place / kind)
            cost = _best([REBILL, "ingest", str(logs), "--store"], place / f"{kind}.duckdb")
            _row(f"ingest {kind}, {size / 1e6:.0f} MB", cost, size)
        _row("kernel, 200,000 requests, compiled", _kernel(200_000, "0"))
        _row("kernel, 2,000 requests, compiler off", _kernel(2_000, "1"))


def _best(command: Sequence[str], store: Path | None = None) -> Cost:
    costs = []
    for _ in range(RUNS):
        if store is not None:
            store.unlink(missing_ok=True)
        costs.append(_measured([*command, *([str(store)] if store else [])]))
    return min(costs, key=lambda cost: cost.cpu_s)


def _measured(command: Sequence[str]) -> Cost:
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
