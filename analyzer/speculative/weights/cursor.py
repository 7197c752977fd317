"""A place in a GGUF file's header that moves as values are read and never past the end.

Source of the layout: the GGUF specification in github ggml-org/ggml, `docs/gguf.md`.
"""

import struct

import numpy as np
import numpy.typing as npt

from analyzer.errors import SpeculativeError

TYPES = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
"""GGUF's number for a plain value's type, and how the struct module calls that type."""
TEXT, ARRAY = 8, 9
UINT32, UINT64 = 4, 10

Number = int | float | bool
Value = Number | str | npt.NDArray[np.generic] | list[str]


class Cursor:
    """Reads one value after another; a file that ends inside a value is refused."""

    def __init__(self, data: npt.NDArray[np.uint8], name: str) -> None:
        self.position = 0
        """Bytes read so far."""
        self.name = name
        """The file, for messages."""
        self._data = data

    def count(self) -> int:
        """Read a length or a count."""
        return int(self.number(UINT64))

    def number(self, code: int) -> Number:
        """Read one plain value."""
        layout = self._layout(code)
        value: Number = struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        return value

    def text(self) -> str:
        """Read one string."""
        try:
            return self._take(self.count()).decode()
        except UnicodeDecodeError as error:
            raise self.damaged("text that is not UTF-8") from error

    def value(self) -> Value:
        """Read a metadata value that names its own type."""
        code = int(self.number(UINT32))
        if code == TEXT:
            return self.text()
        return self._array() if code == ARRAY else self.number(code)

    def damaged(self, what: str) -> SpeculativeError:
        """Give the error that names the file, the place and the remedy."""
        return SpeculativeError(
            f"{self.name}: {what} at byte {self.position}: not a whole GGUF file; fetch it again"
        )

    def _array(self) -> npt.NDArray[np.generic] | list[str]:
        code, length = int(self.number(UINT32)), self.count()
        if code == TEXT:
            return [self.text() for _ in range(length)]
        kind = np.dtype(self._layout(code))
        return np.frombuffer(self._take(length * kind.itemsize), kind)

    def _layout(self, code: int) -> str:
        if code not in TYPES:
            raise self.damaged(f"a value of unknown type {code}")
        return TYPES[code]

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self.position:
            raise self.damaged("the file ends inside a value")
        taken = self._data[self.position : self.position + size].tobytes()
        self.position += size
        return taken
