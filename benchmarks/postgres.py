"""How fast a live SpendLogs table is read, and in how much memory: `postgres.py [ROWS]`.

It starts a PostgreSQL of its own, fills it with invented rows, and runs `rebill ingest` on it.
"""

import os
import pwd
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

SQL = Path(__file__).parent / "queries"
DEFAULT_ROWS = 1_000_000
_FILL_ROWS = 200_000
_CURVE_ROWS = 500_000
_START_SECONDS = 30
_REBILL = "import sys; from analyzer.cli import main; sys.argv[0] = 'rebill'; main()"


def binaries() -> Path | None:
    """Give the folder of the newest PostgreSQL here; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    named = [Path(p).resolve().parent for p in (shutil.which("initdb"),) if p]
    usable = (f for f in (*reversed(found), *named) if (f / "postgres").exists())
    return next((folder for folder in usable if (folder / "initdb").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """Run a server that listens on a socket file alone; gives its address, less the database.

    PostgreSQL refuses to run as root, so root starts it as another user.
    """
    tools = binaries()
    if tools is None:
        raise FileNotFoundError("no PostgreSQL here: apt-get install postgresql")
    # not under pytest's folders: another user must reach it, and a socket's path ends at 107 bytes
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    who = _other_user(home)
    data = str(home / "data")
    make = [str(tools / "initdb"), "-D", data, "-U", "rebill", "-A", "trust", "--no-sync"]
    make += ["-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run(make, cwd=home, check=True, capture_output=True, **who)  # noqa: S603 - our own words
    (home / "data" / "pg_hba.conf").write_text(
        "local all rebill trust\nlocal all all scram-sha-256\n"
    )
    run = [str(tools / "postgres"), "-D", data, "-k", str(home), "-h", "", "-F"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(run, cwd=home, stdout=log, stderr=log, **who)  # noqa: S603
    try:
        address = f"host={home} user=rebill"
        _wait(address, process)
        yield f"postgresql://rebill@{str(home).replace('/', '%2F')}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(home)


def fill(connection: "psycopg.Connection[Any]", first: int, last: int) -> None:
    """Add the invented rows of these numbers."""
    connection.execute((SQL / "spend_logs_fill.sql").read_text(), {"first": first, "last": last})


def main(rows: int) -> None:
    """Fill a table, read it into a store, and print what that took."""
    with server() as address, tempfile.TemporaryDirectory() as folder:
        url = f"{address}/postgres"
        began = time.perf_counter()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute((SQL / "spend_logs.sql").read_text())
            for first in range(0, rows, _FILL_ROWS):
                fill(connection, first, min(first + _FILL_ROWS, rows) - 1)
            connection.execute((SQL / "spend_logs_indexes.sql").read_text())
            connection.execute("vacuum analyze")
            size = connection.execute("""select pg_relation_size('"LiteLLM_SpendLogs"')""")
            ((table_bytes,),) = size.fetchall()
        print(f"filled {rows:,} rows, {table_bytes / 1e9:.2f} GB, {_since(began):.0f} s")
        store = Path(folder) / "s.duckdb"
        for turn in ("first run", "nothing new"):
            _ingest(turn, url, store)


def _ingest(turn: str, url: str, store: Path) -> None:
    command = [sys.executable, "-c", _REBILL, "ingest", url, "--store", str(store)]
    terminal, shown = os.openpty()  # how far it is, rebill tells to people alone
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=shown, text=True)  # noqa: S603 - ourselves
    os.close(shown)
    print(f"{turn}:\n| rows | MiB | peak MiB | s |\n|---|---|---|---|")
    last = None
    for last in _curve(process, terminal):
        print(f"| {last.rows:,} | {last.mib} | {last.peak_mib} | {_since(began):.0f} |", flush=True)
    said = process.communicate()[0]
    os.close(terminal)
    wall, size = _since(began), store.stat().st_size
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{wall:.0f} s, store {size / 1e6:,.0f} MB, peak {used.ru_maxrss // 1024} MiB")
    print("  " + said.replace("\n", "\n  "))


class _Point(NamedTuple):
    rows: int
    mib: int
    peak_mib: int


def _curve(process: "subprocess.Popen[str]", terminal: int) -> Iterator[_Point]:
    """Give the resident memory of a process at every so many rows, and at its end."""
    status = Path(f"/proc/{process.pid}/status")
    last, due = _Point(0, 0, 0), 0
    while process.poll() is None:
        rows = _rows_told(terminal) or last.rows
        told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        if "VmHWM" in told:  # a process that has just ended has none
            now, peak = (int(told[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))
            last = _Point(rows, now, peak)
        if last.rows >= due + _CURVE_ROWS:
            due = last.rows
            yield last
    yield last


def _rows_told(terminal: int) -> int | None:
    """Read what was shown since, for a tenth of a second at most; gives the last count of rows."""
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if not ready:
        return None
    try:
        text = os.read(terminal, 65_536).decode(errors="replace")
    except OSError:  # the other end is closed
        time.sleep(0.1)
        return None
    found = re.findall(r"rows in the store: ([\d,]+)", text)
    return int(found[-1].replace(",", "")) if found else None


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0


def _other_user(home: Path) -> dict[str, Any]:
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(home, who.pw_uid, who.pw_gid)
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    raise FileNotFoundError("no user to run PostgreSQL as: useradd postgres")


def _wait(address: str, process: "subprocess.Popen[Any]") -> None:
    began = time.perf_counter()
    while True:
        try:
            psycopg.connect(address, dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or _since(began) > _START_SECONDS:
                raise
            time.sleep(0.02)
        else:
            return


def _since(began: float) -> float:
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS)
