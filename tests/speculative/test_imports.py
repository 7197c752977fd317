"""The machine of the evidence run has numpy and torch and little else."""

import subprocess
import sys

PURE = (
    "acceptance", "acceptance_fields", "acceptance_files", "acceptance_rules", "closed_form",
    "decoding", "drafters", "noise", "pass_costs", "run_lengths", "verification",
)  # fmt: skip
ABSENT = ("anthropic", "duckdb", "msgspec", "numba", "polars", "pydantic", "rich", "torch")


def test_the_pure_modules_need_numpy_at_most() -> None:
    names = ", ".join(f"analyzer.speculative.{name}" for name in PURE)
    code = f"import sys, {names}; print(*set({ABSENT}) & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
