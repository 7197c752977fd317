"""What the machine under the model does: exact arithmetic asked for, its failures told plainly."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from analyzer.errors import SpeculativeError

FULL = ("out of memory", "not enough memory", "can't allocate memory")
LOST = "CUDA error"


def exact_arithmetic() -> dict[str, bool]:
    """Switch off what trades digits for speed in matrix products; give the flags as they stand.

    TF32 drops 13 bits of a 32-bit product; a reduced-precision reduction adds partial sums of
    16-bit products in 16 bits, and how many there are depends on the width of the pass.
    """
    matmul = torch.backends.cuda.matmul
    matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    matmul.allow_bf16_reduced_precision_reduction = False
    matmul.allow_fp16_reduced_precision_reduction = False
    return {
        "matmul_tf32": matmul.allow_tf32,
        "cudnn_tf32": torch.backends.cudnn.allow_tf32,
        "bf16_reduced_precision_reduction": matmul.allow_bf16_reduced_precision_reduction,
        "fp16_reduced_precision_reduction": matmul.allow_fp16_reduced_precision_reduction,
    }


@contextmanager
def fitting(what: str) -> Iterator[None]:
    """Tell of memory that ran out, or of a lost device, by what was being done."""
    try:
        yield
    except RuntimeError as error:
        told = str(error)
        if any(phrase in told for phrase in FULL):
            raise SpeculativeError(
                f"{what} does not fit the device's memory: take fewer rows, fewer positions, a "
                "16-bit type or a smaller model"
            ) from error
        if LOST in told:
            raise SpeculativeError(
                f"the device failed during {what} ({told.splitlines()[0]}): start the run again"
            ) from error
        raise
