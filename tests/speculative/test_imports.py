"""The machine of the evidence run has numpy and torch and little else."""

import subprocess
import sys

PURE = (
    "acceptance.fields", "acceptance.files", "acceptance.record", "acceptance.rules",
    "closed_form", "decoding", "drafters.lookup", "journal", "machine", "noise", "packing",
    "pass_costs", "prompts", "run", "run_lengths", "settings", "verification",
)  # fmt: skip
ABSENT = ("anthropic", "duckdb", "msgspec", "numba", "polars", "pydantic", "rich", "torch")


def test_the_pure_modules_need_numpy_at_most() -> None:
    names = ", ".join(f"analyzer.speculative.{name}" for name in PURE)
    code = f"import sys, {names}; print(*set({ABSENT}) & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
