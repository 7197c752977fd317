"""The evidence run on a bare machine: torch, numpy and this package, no network, no install.

`rebill speculative pack` makes the files to carry. Where a transfer takes only some, carry one a
call: `--keep` collects them, and the run begins when all are there.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from analyzer.errors import SpeculativeError

MISSING = 3
"""Exit status while pieces are missing."""


def main(arguments: list[str] | None = None) -> int:
    """Collect pieces, then measure; 0 done, 1 at fault, 3 pieces missing."""
    parser = argparse.ArgumentParser(prog="python3 -m analyzer.speculative", description=__doc__)
    parser.add_argument("--pieces", type=Path, required=True, help="folder that was carried here")
    parser.add_argument("--keep", type=Path, help="folder that outlasts this call")
    parser.add_argument("-o", "--output", type=Path, required=True, help="evidence file")
    parser.add_argument("--budget", type=float, default=500.0, help="seconds")
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    asked = parser.parse_args(arguments)
    try:
        return _run(asked)
    except SpeculativeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(asked: argparse.Namespace) -> int:
    from analyzer.speculative.packing import unpack

    found = unpack(asked.pieces, asked.keep or asked.pieces)
    if isinstance(found, list):
        _say(f"still missing: {', '.join(found)}; carry them and run this again")
        return MISSING
    from analyzer.speculative.proof import measure, open_bench, settings_of

    bench = open_bench(*found, settings_of(asked.device))
    made = datetime.now(UTC).date()  # noqa: TID251 - evidence carries the day it was made
    whole = measure(bench, asked.output, asked.budget, made, _say)
    _say(f"wrote {asked.output} ({'complete' if whole else 'incomplete: run this again'})")
    return 0


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
