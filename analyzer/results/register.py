"""The registers at the back of a page: what its figures rest on, and what was adjusted."""

from dataclasses import dataclass
from typing import Literal

from analyzer.results.amounts import Lever, Pico

Topic = Literal[
    "prices", "cache", "losses", "log", "tokens", "lever", "outlook", "selection",
    "reconciliation", "budget", "anomaly",
]  # fmt: skip
"""What statements and actions are about."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement or an action is about; an owners file finds its owner by this."""

    topic: Topic
    workload: str = ""
    """Empty where it is about no single one."""
    lever: Lever | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """One statement that figures rest on, what it is worth, and who answers for it."""

    id: str
    statement: str
    value: str
    source: str
    mark: Literal["measured", "replayed", "assumed"]
    subject: Subject
    sensitivity: Pico | None = None
    """What the page's money moves by under `moved`; None where `moved` says why there is none."""
    moved: str = ""
    owner: str = ""
    """Empty where nobody is named."""
    expires: str = ""
    """Last day on which the statement holds, ISO; empty where nobody set one."""
    expired: bool = False
    """Whether that day lies before the last day of the page's data."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One entry of a contract's register that touches the days of a page; it moves no figure there.

    Days are UTC, inclusive, ISO.
    """

    name: str
    trigger: str
    first_day: str
    last_day: str
    workloads: tuple[str, ...]
    """Empty for all."""
    amount: Pico
    """What it adds to the contract's adjusted baseline."""
    method: str
    sha256: str
    """Of its evidence."""
    raised_by: str
    raised_on: str
    signed_by: tuple[str, ...]
    status: str
