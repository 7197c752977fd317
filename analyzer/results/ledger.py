"""Where every line of the logs went."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reason:
    """Lines set apart for one reason."""

    kind: Literal["aside", "unbilled", "fault"]
    """aside: holds no call; unbilled: an error or a synthetic line; fault: could not be read."""
    reason: str
    lines: int


@dataclass(frozen=True, slots=True)
class Merged:
    """Calls that the same sources tell, each counted once."""

    connectors: str
    """Such as `litellm + messages`."""
    calls: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where every line went: `lines == kept + repeats + rejected`."""

    files: int
    file_bytes: int
    lines: int
    kept: int
    repeats: int
    reasons: tuple[Reason, ...]
    merged: tuple[Merged, ...] = ()
    """Calls that several sources tell; `kept` counts each once, the other lines are repeats."""
    usage_like: int = 0
    """Lines at fault that look like usage: what they tell is in no figure."""

    @property
    def rejected(self) -> int:
        """Lines that became no call, for any reason."""
        return sum(reason.lines for reason in self.reasons)

    @property
    def balanced(self) -> bool:
        """Whether every line is accounted for."""
        return self.lines == self.kept + self.repeats + self.rejected
