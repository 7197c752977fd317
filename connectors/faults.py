"""What can be wrong with one line, in words that never quote the line."""

import msgspec

from analyzer.trace import Rejected


class LineError(Exception):
    """A line that should have told of a call and cannot be read."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


LINE_FAULTS = (LineError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that reading one line may raise; `rejected` turns each into words."""


def rejected(line: int, error: Exception) -> Rejected:
    """Give the outcome of a line at fault; text of the line never enters it."""
    if isinstance(error, LineError):
        return Rejected(line, error.reason, error.detail)
    if isinstance(error, msgspec.ValidationError):
        # msgspec names types and paths, never values, for the types that connectors use.
        where = str(error)
        return Rejected(line, "bad field" if "`$" in where else "not an object", where)
    if isinstance(error, UnicodeDecodeError):
        return Rejected(line, "not UTF-8", "convert the file with iconv and read it again")
    if isinstance(error, RecursionError):
        return Rejected(line, "nested too deeply", "no real request nests this far")
    return Rejected(line, "not JSON", str(error))
