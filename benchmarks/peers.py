"""Other readers of the same transcripts, where they can be installed: what they cost a byte."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

CCUSAGE = "ccusage@20.0.24"
TOKENBILL = "tokenbill==0.2.0"
_PATIENCE_S = 180


def ccusage(place: Path) -> str | None:
    """Give the native program of ccusage, installed under `place`; None when it cannot be."""
    npm = shutil.which("npm")
    if npm is None or not _done([npm, "install", "--silent", "--prefix", str(place), CCUSAGE]):
        return None
    program = next(place.glob("node_modules/@ccusage/*/bin/ccusage"), None)
    if program is None:
        return None
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def tokenbill(place: Path) -> str | None:
    """Give the command of tokenbill, installed in an environment of its own; None if it cannot."""
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", TOKENBILL]
    if not _done([sys.executable, "-m", "venv", str(place)]) or not _done(pip):
        return None
    return str(place / "bin" / "tokenbill")


def _done(command: list[str]) -> bool:
    try:
        run = subprocess.run(  # noqa: S603 - our own commands
            command, capture_output=True, check=False, timeout=_PATIENCE_S, env=os.environ
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0
