"""Who answers for what: owners and days for actions and assumptions, from a file of their own.

They move no figure, so they stand in neither policy nor offers.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from analyzer.contracts.fields import Day, Form, Table, Words
from analyzer.errors import ContractError
from analyzer.results import LEVERS, Lever
from analyzer.results.register import Registered, Subject, Topic

_TOPICS = get_args(Topic)
_ALLOWED = {
    "version": "1",
    "owner": "tables, each [[owner]]",
    "name": "a team, a person or both",
    "topic": f"one of {', '.join(_TOPICS)}",
    "workload": "a workload's name",
    "lever": f"one of {', '.join(LEVERS)}",
    "due": "the day by which actions are due, such as 2026-12-04",
    "expires": "the last day on which assumptions hold, such as 2026-12-31",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """One entry: what it is about, who answers for it, and until when."""

    name: str
    topic: str | None
    workload: str | None
    lever: Lever | None
    due: date | None
    expires: date | None

    @property
    def rank(self) -> int:
        """How much it names: a workload before a lever before a topic."""
        named = (self.topic, self.lever, self.workload)
        return sum(2**place for place, one in enumerate(named) if one is not None)

    def fits(self, subject: Subject) -> bool:
        """Whether every key it gives is the subject's."""
        own = (self.topic, self.workload, self.lever)
        told = (subject.topic, subject.workload, subject.lever)
        return all(key is None or key == other for key, other in zip(own, told, strict=True))


@dataclass(frozen=True, slots=True)
class Owners:
    """Every entry of a file; the one that names most is the owner."""

    sha256: str
    """Of the file, for the manifest."""
    entries: tuple[Owner, ...]

    def of(self, subject: Subject) -> Owner | None:
        """Give the owner of a subject."""
        fitting = [one for one in self.entries if one.fits(subject)]
        return max(fitting, key=lambda one: one.rank, default=None)

    def check(self, workloads: Collection[str]) -> None:
        """Refuse an entry about a workload that nobody knows.

        Raises:
            ContractError: with the workloads that there are.
        """
        for place, one in enumerate(self.entries):
            if one.workload is not None and one.workload not in workloads:
                raise ContractError(
                    f"owner[{place}].workload: {one.workload!r} is none of this log's workloads,"
                    f" which are {', '.join(sorted(workloads))}"
                )

    def sign(self, rows: tuple[Registered, ...], last_day: date) -> tuple[Registered, ...]:
        """Name each statement's owner and the day it expires, past or not on the last day."""
        return tuple(_signed(row, self.of(row.subject), last_day) for row in rows)


def load_owners(path: Path) -> Owners:
    """Read an owners file.

    Raises:
        ContractError: not readable, a key or value at fault, or two entries about the same.
    """
    file, sha256 = _FORM.read(path)
    if faults := "; ".join(_twice(file)):
        raise ContractError(f"{path}: {faults}")
    return Owners(sha256, tuple(map(_owner, file.owner)))


def _known_topic(value: str) -> str:
    if value not in _TOPICS:
        raise ValueError
    return value


class _Owner(Table):
    name: Words
    topic: Annotated[str, AfterValidator(_known_topic)] | None = None
    workload: Words | None = None
    lever: Literal["output", "routing", "batch", "caching"] | None = None
    due: Day | None = None
    expires: Day | None = None


class _File(Table):
    version: Literal[1]
    owner: list[_Owner] = Field(min_length=1)


_FORM = Form(_File, _ALLOWED, {"owner": _Owner})


def _twice(file: _File) -> Iterator[str]:
    keys = [(one.topic, one.workload, one.lever) for one in file.owner]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            first = keys.index(key)
            yield f"owner[{place}]: about the same as owner[{first}], one thing has one owner"


def _owner(one: _Owner) -> Owner:
    return Owner(one.name, one.topic, one.workload, one.lever, one.due, one.expires)


def _signed(row: Registered, owner: Owner | None, last_day: date) -> Registered:
    if owner is None:
        return row
    expires = owner.expires
    return replace(
        row,
        owner=owner.name,
        expires=expires.isoformat() if expires else "",
        expired=expires is not None and expires < last_day,
    )
