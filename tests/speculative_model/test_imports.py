import subprocess
import sys

ABSENT = [
    "duckdb",
    "msgspec",
    "polars",
    "pyarrow",
    "pydantic",
    "rich",
    "tokenizers",
    "transformers",
]
RUN = f"""
import sys
sys.modules.update(dict.fromkeys({ABSENT}))
import analyzer.speculative.drafters.early_exit
import analyzer.speculative.drafters.head_fit
import analyzer.speculative.drafters.second_model
import analyzer.speculative.llama.tokenizer
import analyzer.speculative.weights.llama
import analyzer.speculative.weights.pieces
import analyzer.speculative.weights.wheel
"""


def test_a_machine_with_numpy_and_torch_alone_can_run_the_model() -> None:
    subprocess.run([sys.executable, "-c", RUN], check=True)
