"""What the run was made on and with: device, versions, digests. No path, host or user name."""

import hashlib
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analyzer.speculative.settings import Device

PACKAGES = ("torch", "numpy", "tokenizers", "transformers")

READ = frozenset({"acceptance", "figures", "evidence.py", "closed_form.py", "pass_costs.py"})
"""Parts that only read evidence."""


def pick(device: str) -> Device:
    """Give the device to run on: CUDA where there is one, unless the CPU was asked for."""
    import torch

    from analyzer.errors import SpeculativeError

    if device == "cuda" and not torch.cuda.is_available():
        raise SpeculativeError("--device cuda: torch sees no CUDA device; take cpu, or auto")
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def device(kind: Device, threads: int) -> dict[str, Any]:
    """Name, memory and threads of the device."""
    import torch

    if kind == "cuda":
        told = torch.cuda.get_device_properties(0)
        return {"kind": kind, "name": told.name, "threads": 0, "memory_bytes": told.total_memory}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"kind": kind, "name": _processor(), "threads": threads, "memory_bytes": memory}


def versions(kind: Device) -> dict[str, str]:
    """Versions of what computes."""
    import torch

    found = {"python": platform.python_version(), "system": platform.system()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    found["torch"] = str(torch.__version__)
    if kind == "cuda":
        found["cuda"] = str(torch.version.cuda)
    return found


def program_digest() -> str:
    """SHA-256 over the files of this package that an evidence run executes."""
    folder = Path(__file__).parent
    files = (path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] not in READ)
    return _digest(sorted(files), folder)


def _digest(paths: Iterable[Path], folder: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _processor() -> str:
    """The processor's own name; Linux tells it in a file, others through `platform`."""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
