"""The one way this program compiles a loop: numba, cached on disk, plain Python when it is off.

Switch the compiler off with `NUMBA_DISABLE_JIT=1`: the same code runs, slower, with the same
results.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _writable_cache() -> None:
    """Give numba a cache it can write; without one its import of a cached function fails."""
    places = (Path(__file__).parent, Path.home())
    if "NUMBA_CACHE_DIR" not in os.environ and not any(os.access(p, os.W_OK) for p in places):
        os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "rebill-numba")


_writable_cache()

import numba  # noqa: E402 - it reads its cache folder from the environment on import


def compiled(function: _Function) -> _Function:
    """Compile a function on its first call."""
    return cast("_Function", numba.njit(cache=True, nogil=True)(function))
