"""Write the samples of two invented companies: the same seed gives the same bytes."""

import argparse
import gzip
import sys
from pathlib import Path

from generator import contract, sample

_LEVEL = 9


def main() -> None:
    """Write every file of the sample below the folder that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write")
    parser.add_argument("--seed", type=int, default=sample.SEED, help="seed of all random numbers")
    arguments = parser.parse_args()
    total = 0
    written = {**sample.files(arguments.seed), **contract.files(arguments.seed)}
    for path, content in written.items():
        target = arguments.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        total += target.write_bytes(_packed(path, content))
    sys.stdout.write(f"{len(written)} files, {total} bytes, in {arguments.out}\n")


def _packed(path: str, content: bytes) -> bytes:
    """Compress without name and time, so that equal content gives equal bytes."""
    return gzip.compress(content, _LEVEL, mtime=0) if path.endswith(".gz") else content


if __name__ == "__main__":
    main()
