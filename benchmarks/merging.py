"""What it takes to settle calls that two sources tell: `merging.py [CALLS]`."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analyzer.store import Store
from analyzer.store.connection import connect

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_CALLS = 1_000_000
LOOKS = 500
"""Output lengths that occur: with the other counts, nearly every call looks like itself alone."""


def fill(path: Path, calls: int, *, shared: bool) -> None:
    """Make a store of so many calls, each told by two sources that share an id or do not."""
    Store.open(path, create=True).__exit__(None, None, None)
    text = (Path(__file__).parent / "queries" / "told_twice.sql").read_text()
    with connect(path) as connection:
        connection.execute("set memory_limit = '1GB'")
        connection.execute(text, {"calls": calls, "shared": shared, "outputs": LOOKS})
        for name in ("messages", "litellm"):
            source = (name, name, f"{name}.jsonl", name, 0, 0, 0, calls, calls, calls)
            marks = ", ".join("?" * len(source))
            connection.execute(f"insert into sources values ({marks})", source)  # noqa: S608 - marks


def settle(path: Path, *, writes: bool) -> None:
    """Ask for the ledger, and print wall and CPU seconds, peak MiB, calls kept."""
    began = time.perf_counter()
    with Store.open(path, create=writes) as store:
        kept = store.ledger().kept
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    print(f"{wall:.1f} | {cpu:.1f} | {peak} | {kept:,} kept |")


def main(calls: int) -> None:
    """Measure each world in a process of its own: settled and kept, then read."""
    print("| what | wall s | CPU s | peak MiB | |\n|---|---|---|---|---|")
    for shared in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.duckdb"
            fill(path, calls, shared=shared)
            ids = "shared ids" if shared else "no shared id"
            for turn in ("settled", "read again"):
                print(f"| {calls:,} calls told twice, {ids}: {turn} | ", end="", flush=True)
                command = [sys.executable, "-m", "benchmarks.merging", str(path), turn]
                subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - ourselves


if __name__ == "__main__":
    match sys.argv[1:]:
        case [path, turn]:
            settle(Path(path), writes=turn == "settled")
        case rest:
            main(int(rest[0]) if rest else DEFAULT_CALLS)
